#include "gatehouse/telemetry/access_log.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "access_line.h"
#include "batch_writer.h"
#include "fd_write.h"
#include "gatehouse/telemetry/log.h"
#include "log_file.h"

namespace gatehouse::telemetry {
namespace {

void say_refused(std::uint64_t refused) {
  if (refused > 0) log::warn("access_log", "lines were lost: they came faster than they could be written", {{"lines", refused}});
}

class ConsoleSink final : public BatchSink {
 public:
  std::uint64_t take(std::string_view lines, std::uint64_t refused) override {
    say_refused(refused);
    const std::size_t written = out_.write(lines);
    return static_cast<std::uint64_t>(std::ranges::count(lines.substr(written), '\n'));
  }
  void reopen() override {}

 private:
  FdWriter out_{STDERR_FILENO};
};

class FileSink final : public BatchSink {
 public:
  explicit FileSink(std::unique_ptr<LogFile> file) : file_(std::move(file)) {}
  std::uint64_t take(std::string_view lines, std::uint64_t refused) override {
    say_refused(refused);
    return file_->write(lines);
  }
  void reopen() override { file_->reopen(); }

 private:
  const std::unique_ptr<LogFile> file_;
};

Result<std::unique_ptr<BatchSink>> make_sink(const AccessLogOptions& options, const Clock& clock) {
  if (options.file.empty()) return std::unique_ptr<BatchSink>(std::make_unique<ConsoleSink>());
  GH_TRY(std::unique_ptr<LogFile> file, LogFile::open(options.file, options.kept, clock));
  return std::unique_ptr<BatchSink>(std::make_unique<FileSink>(std::move(file)));
}

}  // namespace

AccessLog::AccessLog(AccessFormat format, std::unique_ptr<BatchWriter> writer) : format_(format), writer_(std::move(writer)) {}
AccessLog::AccessLog(AccessLog&&) noexcept = default;
AccessLog& AccessLog::operator=(AccessLog&&) noexcept = default;
AccessLog::~AccessLog() = default;

Result<AccessLog> AccessLog::open(const AccessLogOptions& options, const Clock& clock) {
  if (options.format == AccessFormat::off) return AccessLog(options.format, nullptr);
  GH_TRY(std::unique_ptr<BatchSink> sink, make_sink(options, clock));
  return AccessLog(options.format, std::make_unique<BatchWriter>(std::move(sink), options.buffer));
}

void AccessLog::write(const AccessRecord& record) {
  if (!writer_) return;
  thread_local std::string line;
  line.clear();
  format_ == AccessFormat::combined ? append_combined_access_line(line, record) : append_json_access_line(line, record);
  writer_->append(line);
}

void AccessLog::reopen() {
  if (writer_) writer_->reopen();
}

std::uint64_t AccessLog::dropped() const { return writer_ ? writer_->dropped() : 0; }

}  // namespace gatehouse::telemetry
