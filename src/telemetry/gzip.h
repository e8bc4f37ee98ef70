// telemetry/gzip.h — a file, compressed.
// Threads  any; it blocks on the disk
// Errors   log_not_compressed
// Source   RFC 1952, by zlib
#pragma once
#include <atomic>

#include "gatehouse/base/result.h"

namespace gatehouse::telemetry {

// What from holds, to its end, as one gzip member on the disk behind to. Gives up when stop becomes true.
Status gzip(int from, int to, const std::atomic<bool>& stop);

}  // namespace gatehouse::telemetry
