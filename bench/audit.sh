# ./run bench audit
exec /usr/bin/python3 bench/harness/audit_ratio.py "$@"
