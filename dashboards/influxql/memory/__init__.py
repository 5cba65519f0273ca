"""An InfluxDB 1.x in memory, as far as our queries need it: a statement that was read, and points, to the answer. Pure.

What is written here was measured on InfluxDB 1.6.7, and is compared with it by random statements in the tests.
"""
