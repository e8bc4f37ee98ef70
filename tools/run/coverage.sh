# ./run test coverage: unit tests under gcc with --coverage, then which lines of src/ they ran. Not a lane of ./run test,
# because ccache refuses to keep objects that count lines.
set -eu
cmake --preset gcc -B build/coverage -DGATEHOUSE_COVERAGE=ON >/dev/null
ninja -C build/coverage >&2
find build/coverage -name '*.gcda' -delete
ctest --test-dir build/coverage --output-on-failure -j"$(nproc)" -LE once >&2
gcovr --gcov-executable gcov-12 -r . -f src/ -e '.*_test\.cc' --exclude-throw-branches build/coverage
