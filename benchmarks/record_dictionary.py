"""Makes the dictionary for records in a store. `python benchmarks/record_dictionary.py FILE [SEED]`.

It is trained on records of practice mail alone, so that it holds nobody's mail. A dictionary that is out is never
changed, since records that lie in stores need it: a better one gets a number of its own in `store/codec.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import zstandard

from tocsin.app.exercise import Request, make_exercise
from tocsin.app.lists import Lists
from tocsin.app.observing import observer_factory
from tocsin.model.source import RawMail

SIZE_BYTES = 32 * 1024
SCENARIO = "all"


def records(seed: int) -> list[bytes]:
    """Uncompressed records of an exercise, each once."""
    observe = observer_factory(Lists())()
    mails = make_exercise(Request(SCENARIO, seed=seed, people=8)).mails
    encode = msgspec.msgpack.Encoder().encode
    found = [
        RawMail(f"Mail/{mail.owner}.mbox@{100 * place}", f"Mail/{mail.owner}.mbox", mail.raw)
        for place, mail in enumerate(mails)
    ]
    return [encode(observe(mail, "")) for mail in found]


def main() -> int:
    if len(sys.argv) < 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    samples: list[bytes | bytearray | memoryview[int]] = [*records(seed)]
    trained = zstandard.train_dictionary(SIZE_BYTES, samples, level=3, threads=2)
    Path(sys.argv[1]).write_bytes(trained.as_bytes())
    unseen = records(seed + 1)
    raw = sum(map(len, unseen))
    for name, dictionary in (("without", None), ("with", trained)):
        compress = zstandard.ZstdCompressor(level=1, dict_data=dictionary).compress
        packed = sum(len(compress(record)) for record in unseen)
        print(f"{name} dictionary: {packed / len(unseen):.0f} bytes a record, of {raw / len(unseen):.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
