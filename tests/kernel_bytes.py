"""The kernel of explorer/browser/inference, assembled; ``python -m tests.kernel_bytes`` writes kernel_bytes.js.

It knows as much of WebAssembly's text as kernel.wat uses: instructions one after another, with names of parameters,
locals, labels and functions. It assembles a second kernel too, whose products and sums are one instruction where the
processor has it: relaxed_madd, which some browsers lack.
Source: WebAssembly Core Specification 2.0, chapters 5 and 6, https://www.w3.org/TR/wasm-core-2/, and
https://github.com/WebAssembly/relaxed-simd
"""

import base64
import re
import struct
from collections.abc import Iterator
from itertools import groupby

from tests.conftest import ROOT

FOLDER = ROOT / "explorer" / "browser" / "inference"
SOURCE, FILE = FOLDER / "kernel.wat", FOLDER / "kernel_bytes.js"

_TYPES = {"i32": 0x7F, "v128": 0x7B}
_FUSED = 8 + 5  # of the loop over products and of the polynomial
_EMPTY = b"\x40"  # the type of a block without a result
_PLAIN = {"end": 0x0B, "i32.lt_u": 0x49, "i32.add": 0x6A, "i32.sub": 0x6B, "f64.add": 0xA0, "f64.mul": 0xA2}
_LOCALS = {"local.get": 0x20, "local.set": 0x21, "local.tee": 0x22}
_VECTORS = {
    "i8x16.shuffle": 13,
    "i32x4.splat": 17,
    "f32x4.splat": 19,
    "f64x2.splat": 20,
    "f64x2.extract_lane": 33,
    "f64x2.promote_low_f32x4": 95,
    "f32x4.nearest": 106,
    "i32x4.shl": 171,
    "i32x4.add": 174,
    "f32x4.abs": 224,
    "f32x4.neg": 225,
    "f32x4.add": 228,
    "f32x4.sub": 229,
    "f32x4.mul": 230,
    "f32x4.div": 231,
    "f32x4.min": 232,
    "f32x4.max": 233,
    "f64x2.add": 240,
    "f64x2.mul": 242,
    "i32x4.trunc_sat_f32x4_s": 248,
    "f32x4.relaxed_madd": 261,
}
_LANES = {"i8x16.shuffle": 16, "f64x2.extract_lane": 1}
# The code, and the alignment as a power of 2.
_MEMORY = {
    "v128.load": (b"\xfd\x00", 4),
    "v128.load32_splat": (b"\xfd\x09", 2),
    "v128.store": (b"\xfd\x0b", 4),
    "f64.store": (b"\x39", 3),
}


def javascript() -> str:
    """The text of FILE."""
    text = SOURCE.read_text(encoding="utf-8")
    kernel, fused_kernel = (base64.b64encode(assembled(each)).decode() for each in (text, fused(text)))
    return (
        "// Written by python -m tests.kernel_bytes from kernel.wat: change that, and not this.\n\n"
        "/** The WebAssembly module, base64. */\n"
        f'export const KERNEL = "{kernel}";\n\n'
        "/** The same with fused products and sums, for browsers that have relaxed SIMD. */\n"
        f'export const FUSED_KERNEL = "{fused_kernel}";\n'
    )


def fused(text: str) -> str:
    """The text of the kernel with one instruction for each c + a b of the products, and of the polynomial of exp."""
    place, number = r"local\.get \$\w+", r"f32\.const \S+  f32x4\.splat"
    for old, new in (
        (rf"({place})(  {place}  {place})  f32x4\.mul  f32x4\.add", r"\2  \1  f32x4.relaxed_madd"),
        (rf"({place})  f32x4\.mul  ({number})  f32x4\.add", r"\1  \2  f32x4.relaxed_madd"),
    ):
        text = re.sub(old, new, text)
    assert text.count("relaxed_madd") == _FUSED
    return text


def assembled(text: str) -> bytes:
    """The module in WebAssembly's binary form."""
    ((_, (_, (_, name), pages), *functions),) = _tree(iter(re.findall(r"[()]|[^\s()]+", re.sub(r";;.*", "", text))))
    names = [each[1] for each in functions]  # a list where it is exported
    parts = [_function(each, names) for each in functions]
    exported = [(each[1][1], 0, row) for row, each in enumerate(functions) if each[1][0] == "export"]
    exports = [_text(each) + bytes([kind]) + _unsigned(row) for each, kind, row in [(name, 2, 0), *exported]]
    sections = {
        1: _vector([kind for kind, _ in parts]),
        3: _vector([_unsigned(row) for row in range(len(parts))]),
        5: _vector([b"\x00" + _unsigned(int(pages))]),
        7: _vector(exports),
        10: _vector([_sized(code) for _, code in parts]),
    }
    return b"\0asm\1\0\0\0" + b"".join(bytes([number]) + _sized(each) for number, each in sections.items())


def _tree(tokens: Iterator[str]) -> list:
    """The tokens up to the closing parenthesis, with lists for what stands in parentheses."""
    found = []
    for token in tokens:
        if token == ")":
            break
        found.append(_tree(tokens) if token == "(" else token)
    return found


def _function(parts: list, functions: list) -> tuple[bytes, bytes]:
    """The type of a function, and its locals with its code."""
    of = {kind: [each for each in parts if each[0] == kind] for kind in ("param", "local", "result")}
    taken, given = ([_TYPES[each[-1]] for each in of[kind]] for kind in ("param", "result"))
    kind = b"\x60" + _sized(bytes(taken)) + _sized(bytes(given))
    alike = groupby(_TYPES[each[2]] for each in of["local"])
    held = _vector([_unsigned(len([*run])) + bytes([each]) for each, run in alike])
    words = [each for each in parts[2:] if isinstance(each, str)]
    code = _code(iter(words), [each[1] for each in of["param"] + of["local"]], functions)
    return kind, held + code + b"\x0b"


def _code(words: Iterator[str], variables: list[str], functions: list) -> bytes:
    """Instructions with their operands."""
    code, labels, word = b"", [], next(words, None)
    while word is not None:
        following = None
        if word in _LOCALS:
            code += bytes([_LOCALS[word]]) + _unsigned(variables.index(next(words)))
        elif word in _MEMORY:
            following = next(words)
            has_offset = following.startswith("offset=")
            opcode, alignment = _MEMORY[word]
            code += opcode + bytes([alignment]) + _unsigned(int(following[7:]) if has_offset else 0)
            following = None if has_offset else following
        elif word in _VECTORS:
            lanes = [int(next(words)) for _ in range(_LANES.get(word, 0))]
            code += b"\xfd" + _unsigned(_VECTORS[word]) + bytes(lanes)
        else:
            code += _other(word, words, labels, functions)
        word = following or next(words, None)
    return code


def _other(word: str, words: Iterator[str], labels: list[str], functions: list) -> bytes:
    """A loop, a jump, a call, a constant, or an instruction without operands."""
    if word == "loop":
        labels.append(next(words))
        return b"\x03" + _EMPTY
    if word == "br_if":
        return b"\x0d" + _unsigned(labels[::-1].index(next(words)))
    if word == "call":
        return b"\x10" + _unsigned(functions.index(next(words)))
    if word == "i32.const":
        return b"\x41" + _signed(int(next(words)))
    if word in ("f32.const", "f64.const"):
        kind, opcode = ("<f", b"\x43") if word == "f32.const" else ("<d", b"\x44")
        return opcode + struct.pack(kind, float(next(words)))
    if word == "end":
        labels.pop()
    return bytes([_PLAIN[word]])


def _unsigned(number: int) -> bytes:
    """LEB128."""
    high, low = divmod(number, 128)
    return bytes([low | 128]) + _unsigned(high) if high else bytes([low])


def _signed(number: int) -> bytes:
    """LEB128 with a sign."""
    low, high = number & 127, number >> 7
    ends = high == (-1 if low & 64 else 0)
    return bytes([low]) if ends else bytes([low | 128]) + _signed(high)


def _sized(code: bytes) -> bytes:
    return _unsigned(len(code)) + code


def _vector(parts: list[bytes]) -> bytes:
    return _unsigned(len(parts)) + b"".join(parts)


def _text(quoted: str) -> bytes:
    return _sized(quoted.strip('"').encode())


if __name__ == "__main__":
    FILE.write_text(javascript(), encoding="utf-8")
