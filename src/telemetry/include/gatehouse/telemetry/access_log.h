// telemetry/access_log.h — one line for each answered request, as JSON or in the combined format that log analysers read.
// Units    process_time in seconds, bytes as sent on the socket
// Files    turned over at local midnight, as those of log.h
// Threads  write and reopen from any thread; neither blocks on the disk. What does not fit into the buffer is dropped, counted and said
// Errors   open: log_file_unwritable
// Source   the combined log format of Apache's mod_log_config; what is not printable ASCII, and quotes, as \xHH as nginx has it
#pragma once
#include <chrono>
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
  int http_minor = 1;  // HTTP/1.…
  int status = 0;
  double process_time = 0;
  std::uint64_t bytes = 0;
  std::string_view user_agent, referer, tenant_id, key_id;
  std::string_view error;  // the Error's reason
  std::string_view rule;   // by which it was refused; written only where it was
  // Of a model call; written only where model is not empty.
  std::string_view model, finish;
  std::uint64_t prompt_tokens = 0, completion_tokens = 0;
};

enum class AccessFormat { json, combined, off };

struct AccessLogOptions {
  AccessFormat format = AccessFormat::json;
  std::filesystem::path file;  // empty: standard error
  std::chrono::days kept{30};
  std::size_t buffer = 4UL * 1024 * 1024;  // bytes
};

class BatchWriter;

class AccessLog {
 public:
  // The clock outlives it.
  static Result<AccessLog> open(const AccessLogOptions& options, const Clock& clock);
  AccessLog(AccessLog&&) noexcept;
  AccessLog& operator=(AccessLog&&) noexcept;
  ~AccessLog();  // writes what is left

  void write(const AccessRecord& record);
  // Opens the file anew when it was moved away.
  void reopen();
  std::uint64_t dropped() const;  // lines

 private:
  AccessLog(AccessFormat format, std::unique_ptr<BatchWriter> writer);
  AccessFormat format_;
  std::unique_ptr<BatchWriter> writer_;  // none: off
};

}  // namespace gatehouse::telemetry
