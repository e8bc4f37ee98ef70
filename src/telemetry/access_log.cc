#include "gatehouse/telemetry/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "access_line.h"
#include "line_writer.h"

namespace gatehouse::telemetry {

AccessLog::AccessLog(std::unique_ptr<LineWriter> writer) : writer_(std::move(writer)) {}
AccessLog::AccessLog(AccessLog&&) noexcept = default;
AccessLog& AccessLog::operator=(AccessLog&&) noexcept = default;
AccessLog::~AccessLog() = default;

Result<AccessLog> AccessLog::open(const AccessLogOptions& options) {
  if (options.format == AccessFormat::off) return AccessLog(nullptr);
  if (options.file.empty()) return AccessLog(std::make_unique<LineWriter>(STDERR_FILENO, Fd(), options.buffer));
  Fd fd(::open(options.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (!fd) {
    const std::string why = std::generic_category().message(errno);
    return operator_error("access_log_unwritable", "cannot write the access log " + options.file.string() + ": " + why);
  }
  const int number = fd.get();
  return AccessLog(std::make_unique<LineWriter>(number, std::move(fd), options.buffer));
}

void AccessLog::write(const AccessRecord& record) {
  if (!writer_) return;
  thread_local std::string line;
  line.clear();
  append_access_line(line, record);
  writer_->append(line);
}

std::uint64_t AccessLog::dropped() const { return writer_ ? writer_->dropped() : 0; }

}  // namespace gatehouse::telemetry
