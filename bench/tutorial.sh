# ./run bench tutorial
exec /usr/bin/python3 bench/harness/tutorial_ratio.py "$@"
