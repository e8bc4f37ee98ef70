// telemetry/access_log.h — one line for each answered request.
// Units    process_time in seconds, bytes as sent on the socket
// Threads  write from any thread; it never blocks on the disk. What does not fit into the buffer is dropped and counted
// Errors   open: access_log_unwritable
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"

namespace gatehouse::telemetry {

// Views: valid for the call. Empty texts are written as null. path without the query, which may hold what is private.
struct AccessRecord {
  WallTime time;
  std::string_view request_id, method, path, client_ip;
  int status = 0;
  double process_time = 0;
  std::uint64_t bytes = 0;
  std::string_view user_agent, referer, tenant_id, key_id;
  std::string_view error;  // the Error's reason
  // Of a model call; written only where model is not empty.
  std::string_view model, finish;
  std::uint64_t prompt_tokens = 0, completion_tokens = 0;
};

enum class AccessFormat { json, off };

struct AccessLogOptions {
  AccessFormat format = AccessFormat::json;
  std::filesystem::path file;              // empty: standard error
  std::size_t buffer = 4UL * 1024 * 1024;  // bytes
};

class LineWriter;

class AccessLog {
 public:
  static Result<AccessLog> open(const AccessLogOptions& options);
  AccessLog(AccessLog&&) noexcept;
  AccessLog& operator=(AccessLog&&) noexcept;
  ~AccessLog();  // writes what is left

  void write(const AccessRecord& record);
  std::uint64_t dropped() const;  // lines

 private:
  explicit AccessLog(std::unique_ptr<LineWriter> writer);
  std::unique_ptr<LineWriter> writer_;  // none: off
};

}  // namespace gatehouse::telemetry
