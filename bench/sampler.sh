# ./run bench sampler
exec /usr/bin/python3 bench/harness/sampler_ratio.py "$@"
