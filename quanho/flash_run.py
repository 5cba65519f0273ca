"""One board: from the words of the command line to an exit code."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from firmware_bridge.bundle.open import Bundle, open_bundle
from firmware_bridge.bundle.refusal import BundleRefused
from firmware_bridge.bundle.trust import TrustProblem
from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.job import FlashJob, Happened, Order, Outcome
from firmware_bridge.flash.journal import state_folder
from firmware_bridge.flash.plan import Wish
from firmware_bridge.flash.ports import list_ports
from firmware_bridge.flash.target import TARGETS, Target, load_target, target_of, targets
from firmware_bridge.link.commands import NAME_BYTES
from quanho.flash_papers import label_problem, papers_of, wants_record
from quanho.flash_screen import JsonScreen, PlainScreen, Screen, screen_of
from quanho.flash_words import board_words
from quanho.lang import pick, say
from quanho.trust_place import trust_of
from telemetry.errors import QuanhoError
from telemetry.identifiers import check_id
from telemetry.nearest import instead_of
from telemetry.said import named, reason_of, said

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
CORE = "core"
_YES = frozenset({"y", "yes", "c", "có", "co"})


class Usage(QuanhoError):
    """The words make no sense together."""


def run_one(arguments: argparse.Namespace) -> int:
    """Flash the board and return the exit code."""
    screen: Screen = JsonScreen() if arguments.json else PlainScreen()
    job: FlashJob | None = None
    try:
        order = order_of(arguments)
        _confirm(order, arguments)
        screen = screen_of(as_json=arguments.json)  # not before: a bar would be drawn over the question
        job = FlashJob(order, lambda happened: screen.show("", happened))
        screen.done("", _beside_agent(job, order, arguments, screen) if arguments.agent else job.run())
    except Usage as error:
        screen.close()
        if isinstance(screen, JsonScreen):
            screen.misused(str(error), EXIT_USAGE)
        print(f"quanho: {error}", file=sys.stderr)
        return EXIT_USAGE
    except FlashError as error:
        screen.failed("", error, job)
        return error.cause.value
    except KeyboardInterrupt:
        screen.close()
        _interrupted(arguments, job)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, and the flash with it
        screen.close()
        print(_stopped(job), file=sys.stderr)
        raise
    finally:
        screen.close()
    return 0


def _beside_agent(job: FlashJob, order: Order, arguments: argparse.Namespace, screen: Screen) -> Outcome:
    """Run the job on the port that the agent lends; it is done when the core has a reading. FlashError with its `step` set."""
    from quanho.flash_agent import lent_port

    began = datetime.now(UTC)
    with lent_port(arguments.agent, order.port) as agent:
        outcome = job.run()
    agent.tell_flashed(Path(arguments.bundle))
    try:
        screen.show("", Happened("begin", CORE))
        agent.wait_for_core(outcome.state.read_at or began, arguments.core_s)
        screen.show("", Happened("note", CORE, text="in-core"))
    except FlashError as error:
        error.step = CORE
        raise
    return outcome


def order_of(arguments: argparse.Namespace) -> Order:
    """Return what the command line asks for. Raises Usage, FlashError."""
    bundle = opened_bundle(arguments)
    target = _target(arguments, bundle)
    wish = _wish(arguments)
    take = None
    if arguments.expect_decoder:
        from quanho.commands.decode import parse_options
        from quanho.flash_decoder import take_with

        take = take_with(arguments.expect_decoder, parse_options(arguments.decoder_option))
    port = arguments.port or ("" if target.is_without_port else _only_port(target))
    folder = arguments.state or state_folder()
    return Order(
        target=target,
        port=port,
        bundle=bundle,
        wish=wish,
        folder=folder,
        papers=papers_of(arguments),
        take=take,
        drive=arguments.drive,
        is_again=arguments.again,
        is_blank=arguments.blank,
    )


def opened_bundle(arguments: argparse.Namespace) -> Bundle:
    """Return the bundle, believed. BUNDLE_REFUSED with the reason."""
    try:
        return open_bundle(Path(arguments.bundle), trust_of(arguments))
    except (BundleRefused, TrustProblem) as error:
        reason = reason_of(error)
        where = "" if reason.startswith(arguments.bundle) else f"{arguments.bundle}: "
        raise FlashError(Cause.BUNDLE_REFUSED, named(where, reason)) from error


def _target(arguments: argparse.Namespace, bundle: Bundle) -> Target:
    manifest = bundle.manifest
    if arguments.board and arguments.board not in TARGETS:
        known = instead_of(arguments.board, TARGETS)
        raise Usage(say(f"không có loại bo mạch {arguments.board}: {known}", f"no board family is called {arguments.board}: {known}"))
    target = load_target(arguments.board) if arguments.board else target_of(manifest.board, manifest.chip)
    if target is None:
        fitting = ", ".join(target.name for target in targets() if manifest.chip in target.chips) or "–"
        raise Usage(
            say(
                f"gói dành cho bo mạch {manifest.board} (chip {manifest.chip}): chọn --board trong {fitting}",
                f"the bundle is for board {manifest.board} (chip {manifest.chip}): choose --board of {fitting}",
            )
        )
    changes: dict[str, object] = {"reset": arguments.reset} if arguments.reset else {}
    changes |= {"baud": arguments.baud} if arguments.baud else {}
    changes |= {"first_reading_s": arguments.first_reading_s} if arguments.first_reading_s else {}
    return target.model_copy(update=changes)


def _wish(arguments: argparse.Namespace) -> Wish:
    if bool(arguments.device) != bool(arguments.site):
        raise Usage(say("--device và --site đi cùng nhau", "--device and --site go together"))
    for word, name in (("--device", arguments.device), ("--site", arguments.site)):
        if problem := name_problem(name, is_kept_by_board=not (arguments.expect_decoder or arguments.no_first_reading)):
            raise Usage(f"{word}: {problem}")
    if problem := label_problem(arguments.label):
        raise Usage(say(f"nhãn là tệp .svg hoặc .png: {problem}", f"a label is an .svg or .png file: {problem}"))
    if arguments.label and not arguments.device:
        raise Usage(say("nhãn cần --device và --site", "a label needs --device and --site"))
    if arguments.agent and (arguments.expect_decoder or arguments.no_first_reading):
        raise Usage(say("--agent cần firmware nói giao thức link", "--agent needs a firmware that speaks the link"))
    if arguments.expect_decoder and arguments.no_first_reading:
        raise Usage(say("chọn --expect-decoder hoặc --no-first-reading", "choose --expect-decoder or --no-first-reading"))
    reading = "none" if arguments.no_first_reading else f"decoder {arguments.expect_decoder}" if arguments.expect_decoder else "link"
    return Wish(
        device=arguments.device,
        site=arguments.site,
        allow_downgrade=arguments.allow_downgrade,
        reading=reading,
        has_label=arguments.label is not None,
        has_record=wants_record(arguments),
    )


def name_problem(name: str, *, is_kept_by_board: bool) -> str:
    """Return why neither a device nor a site can be called so, "" if one can."""
    try:
        check_id(name or "x")
    except ValueError as error:
        return pick(reason_of(error))
    if is_kept_by_board and len(name) > NAME_BYTES:
        return say(
            f"{name!r} dài {len(name)} ký tự; bo mạch giữ nhiều nhất {NAME_BYTES}",
            f"{name!r} has {len(name)} characters; a board keeps {NAME_BYTES} at most",
        )
    return ""


def _only_port(target: Target) -> str:
    """Return the only port that may have such a board behind it. Raises Usage that names what there is."""
    ports = list_ports(targets())
    fitting = [port for port in ports if target.name in port.guesses]
    if len(fitting) == 1:
        return fitting[0].path
    there = ", ".join(port.path for port in (fitting or ports)) or say("không có cổng nào", "none")
    raise Usage(say(f"chọn cổng bằng --port; đang có: {there}", f"choose a port with --port; there are: {there}"))


def _confirm(order: Order, arguments: argparse.Namespace) -> None:
    if arguments.yes:
        return
    manifest = order.bundle.manifest
    name = f"{order.wish.device} ({order.wish.site})" if order.wish.device else say("để trống, không có biên bản", "none, so no record")
    where = order.port or order.drive or order.target.title
    question = say(
        f"Ghi {manifest.firmware} {manifest.version} lên {order.target.title} ở {where}, tên {name}? [c/K] ",
        f"Write {manifest.firmware} {manifest.version} to the {order.target.title} at {where}, name {name}? [y/N] ",
    )
    ask(question, is_json=arguments.json)


def ask(question: str, *, is_json: bool) -> None:
    """Ask on a terminal. NOT_CONFIRMED where the answer is no, or nobody is there to ask."""
    if is_json or sys.stdin is None or not sys.stdin.isatty():
        raise FlashError(Cause.NOT_CONFIRMED, said("không có ai ở bàn phím để đồng ý", "nobody is at a keyboard to say yes"))
    print(question, end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in _YES:
        raise FlashError(Cause.NOT_CONFIRMED, said("câu trả lời không phải là đồng ý", "the answer was not yes"))


def _interrupted(arguments: argparse.Namespace, job: FlashJob | None) -> None:
    """Say in what state Ctrl-C left the board, and how to finish."""
    board = job.board if job else "untouched"
    if arguments.json:
        import json

        step = job.step if job else ""
        print(
            json.dumps(
                {"event": "result", "ok": False, "exit_code": EXIT_INTERRUPTED, "cause": "interrupted", "step": step, "board": board}
            )
        )
        sys.stdout.flush()
    print("\n" + _stopped(job), file=sys.stderr)


def _stopped(job: FlashJob | None) -> str:
    return say("quanho: đã dừng. ", "quanho: stopped. ") + board_words(job.board if job else "untouched")
