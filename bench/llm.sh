# ./run bench llm
exec /usr/bin/python3 bench/harness/llm_ratio.py "$@"
