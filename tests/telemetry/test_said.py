import copy
import json
import pickle

from telemetry.errors import RejectedError
from telemetry.said import as_is, joined, named, reason_of, said, vi_of


def test_programs_see_the_english_text() -> None:
    text = said("thẻ hỏng", "the card is damaged")
    assert text == "the card is damaged"
    assert json.dumps({"error": text}) == '{"error": "the card is damaged"}'
    assert f"{text}" == str(text) == "the card is damaged"


def test_vietnamese_survives_an_exception_a_copy_and_a_pickle() -> None:
    text = said("thẻ hỏng", "the card is damaged")
    assert reason_of(RejectedError(text)).vi == "thẻ hỏng"
    assert copy.deepcopy(text).vi == pickle.loads(pickle.dumps(text)).vi == "thẻ hỏng"  # noqa: S301 -- our own


def test_joined_and_named_texts_keep_both_languages() -> None:
    text = named("/dev/x: ", joined("; ", [said("một", "one"), "errno"]))
    assert (text, text.vi) == ("/dev/x: one; errno", "/dev/x: một; errno")


def test_words_of_others_are_the_same_in_both_languages() -> None:
    assert as_is("No such file").vi == "No such file"
    assert vi_of("plain") == "plain"
    assert as_is(said("một", "one")).vi == "một"
