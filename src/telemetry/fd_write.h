// telemetry/fd_write.h — all bytes into a descriptor, or an honest false.
#pragma once
#include <string_view>

namespace gatehouse::telemetry {

// Waits at most a second for a reader that is slow; a log must not hold the process up for ever.
bool write_all(int fd, std::string_view bytes);

}  // namespace gatehouse::telemetry
