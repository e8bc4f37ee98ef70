# ./run bench nlu
exec /usr/bin/python3 bench/harness/nlu_ratio.py "$@"
