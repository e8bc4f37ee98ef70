"""How many tests passed, failed and were skipped."""

from dataclasses import dataclass


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Tally(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")

    def total(self):
        return self.passed + self.failed + self.skipped

    @staticmethod
    def of_gtest(document):
        """From the JSON that a GoogleTest program writes; cases that a filter left out do not count."""
        tally = Tally()
        for suite in document.get("testsuites", []):
            for case in suite.get("testsuite", []):
                if case.get("status") != "RUN":
                    continue
                if case.get("failures"):
                    tally.failed += 1
                elif case.get("result") == "SKIPPED":
                    tally.skipped += 1
                else:
                    tally.passed += 1
        return tally

    @staticmethod
    def of_pytest(root):
        """From the root element of pytest's JUnit file."""
        tally = Tally()
        for case in root.iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                tally.failed += 1
            elif case.find("skipped") is not None:
                tally.skipped += 1
            else:
                tally.passed += 1
        return tally
