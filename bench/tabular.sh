# ./run bench tabular
exec /usr/bin/python3 bench/harness/tabular_ratio.py "$@"
