# ./run bench limits
taskset -c 0 build/release/bench/limits_bench || exit 1
exec /usr/bin/python3 bench/harness/limits_tax.py "$@"
