# ./run bench store: durable writes a second, one caller beside many. The disk that is measured is TMPDIR's.
folder=$(mktemp -d "${TMPDIR:-/tmp}/gatehouse-bench-XXXXXX")
trap 'rm -rf "$folder"' EXIT
build/release/bench/store_bench "$folder"
