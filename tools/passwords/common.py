"""Writes the list of passwords that nobody may choose: those of zxcvbn's list that are long enough to be chosen at all.

    pip download --no-deps zxcvbn==4.5.0 && common.py zxcvbn-4.5.0-py2.py3-none-any.whl > src/identity/common_passwords.txt

The package is zxcvbn 4.5.0 (MIT, third_party/zxcvbn/LICENSE), whose list is that of the 30,000 commonest passwords of public leaks. The
same package gives the same list: lower case, sorted, one a line.
"""

import ast
import hashlib
import sys
import zipfile
from pathlib import Path

SHA256 = "2b6eed621612ce6d65e6e4c7455b966acee87d0280e257956b1f06ccc66bd5ff"
SHORTEST = 8  # bytes, as src/identity/password_rules.cc has it


def main(package):
    content = Path(package).read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        sys.exit(f"{package} is not zxcvbn 4.5.0 as it was published")
    with zipfile.ZipFile(package) as files:
        source = ast.parse(files.read("zxcvbn/frequency_lists.py"))
    lists = next(node.value for node in source.body if isinstance(node, ast.Assign) and node.targets[0].id == "FREQUENCY_LISTS")
    words = next(value for key, value in zip(lists.keys, lists.values) if key.value == "passwords")
    passwords = {word.lower() for word in ast.literal_eval(words.func.value).split(",") if len(word.encode()) >= SHORTEST}
    sys.stdout.write("".join(f"{password}\n" for password in sorted(passwords)))


if __name__ == "__main__":
    main(*sys.argv[1:])
