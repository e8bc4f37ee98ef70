# ./run bench limits
exec taskset -c 0 build/release/bench/limits_bench "$@"
