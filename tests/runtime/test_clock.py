import time

from runtime.clock import SystemClock


def test_boot_id_is_the_kernels_and_stays_the_same() -> None:
    assert SystemClock().boot_id == SystemClock().boot_id
    assert len(SystemClock().boot_id) == 36


def test_wall_is_nanoseconds_since_1970() -> None:
    before = time.time_ns()
    assert before <= SystemClock().wall_ns() <= time.time_ns()


def test_boot_time_and_monotonic_time_never_go_back() -> None:
    clock = SystemClock()
    boot_ns, monotonic_s = clock.boot_ns(), clock.monotonic_s()
    assert clock.boot_ns() >= boot_ns > 0
    assert clock.monotonic_s() >= monotonic_s


def test_the_kernel_says_how_wrong_its_clock_may_be_or_that_nobody_sets_it() -> None:
    error_ns = SystemClock().kernel_error_ns()
    assert error_ns is None or 0 <= error_ns <= 16_000_000_000  # NTP_PHASE_LIMIT: above it the kernel calls itself unsynchronised
