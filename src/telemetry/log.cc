#include "gatehouse/telemetry/log.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "batch_writer.h"
#include "fd_write.h"
#include "log_file.h"
#include "log_record.h"

namespace gatehouse::telemetry {
namespace {

// Of the buffer: debug and info leave so much to warnings and errors.
constexpr std::size_t reserved_part = 4;

struct LogFiles {
  std::unique_ptr<LogFile> text, json;  // none: not wanted
};

class LogSink final : public BatchSink {
 public:
  LogSink(const LogOptions& options, LogFiles files, const Clock& clock)
      : clock_(clock),
        console_(options.fd),
        colour_(::isatty(options.fd) == 1),
        files_(std::move(files)),
        environment_(options.environment) {
    console_json_ = options.format == LogFormat::json || (options.format == LogFormat::automatic && !colour_);
  }

  std::uint64_t take(std::string_view batch, std::uint64_t refused) override {
    for (std::string* lines : {&shown_, &text_, &json_}) lines->clear();
    for (RecordView record; take_record(batch, record);) render(record);
    if (refused > 0) say_refused(refused);
    const std::string& on_console = console_json_ ? json_ : shown_;
    const std::size_t written = console_.write(on_console);
    auto lost = static_cast<std::uint64_t>(std::ranges::count(std::string_view(on_console).substr(written), '\n'));
    if (files_.text) lost += files_.text->write(text_);
    if (files_.json) lost += files_.json->write(json_);
    return lost;
  }
  void reopen() override {
    if (files_.text) files_.text->reopen();
    if (files_.json) files_.json->reopen();
  }

 private:
  void render(const RecordView& record) {
    if (!console_json_) append_text_line(shown_, record, colour_);
    if (files_.text) append_text_line(text_, record, false);
    if (console_json_ || files_.json) append_json_line(json_, record, environment_);
  }
  void say_refused(std::uint64_t refused) {
    std::string record;
    append_record(record, {clock_.wall(), LogLevel::warn}, "log", "lines were lost: they came faster than they could be written",
                  {{"lines", refused}});
    std::string_view batch = record;
    for (RecordView view; take_record(batch, view);) render(view);
  }

  const Clock& clock_;
  FdWriter console_;
  const bool colour_;
  bool console_json_ = false;
  const LogFiles files_;
  const std::string environment_;
  std::string shown_, text_, json_;  // lines of one batch
};

void write_without_logger(LogLevel level, std::string_view component, std::string_view message, log::Fields fields) {
  if (level < LogLevel::warn) return;
  std::string encoded, line;
  append_record(encoded, {SystemClock().wall(), level}, component, message, fields);
  std::string_view batch = encoded;
  RecordView record;
  if (!take_record(batch, record)) return;
  append_text_line(line, record, false);
  FdWriter(STDERR_FILENO).write(line);
}

Result<std::unique_ptr<LogFile>> open_file(const std::filesystem::path& path, std::chrono::days kept, const Clock& clock) {
  if (path.empty()) return std::unique_ptr<LogFile>();
  return LogFile::open(path, kept, clock);
}

}  // namespace

struct Logging::Core {
  Core(const LogOptions& options, LogFiles files, const Clock& with_clock)
      : level(options.level),
        clock(with_clock),
        writer(std::make_unique<LogSink>(options, std::move(files), with_clock), options.buffer, options.buffer / reserved_part) {}

  std::atomic<LogLevel> level;
  const Clock& clock;
  BatchWriter writer;

  static std::atomic<Core*> current;  // the one that log::write finds
};
std::atomic<Logging::Core*> Logging::Core::current{nullptr};

Logging::Logging(std::unique_ptr<Core> core) : core_(std::move(core)) { Core::current = core_.get(); }
Logging::Logging(Logging&&) noexcept = default;

Result<Logging> Logging::open(const LogOptions& options, const Clock& clock) {
  LogFiles files;
  GH_TRY(files.text, open_file(options.file, options.file_kept, clock));
  GH_TRY(files.json, open_file(options.json_file, options.json_file_kept, clock));
  return Logging(std::make_unique<Core>(options, std::move(files), clock));
}

Logging::~Logging() {
  if (!core_) return;
  core_->writer.finish();
  Core::current = nullptr;
}

void Logging::set_level(LogLevel level) { core_->level.store(level, std::memory_order_relaxed); }
void Logging::reopen() { core_->writer.reopen(); }
std::uint64_t Logging::dropped() const { return core_->writer.dropped(); }

void log::write(LogLevel level, std::string_view component, std::string_view message, Fields fields) {
  if (level == LogLevel::off) return;
  try {
    Logging::Core* const core = Logging::Core::current.load(std::memory_order_acquire);
    if (core == nullptr) return write_without_logger(level, component, message, fields);
    if (level < core->level.load(std::memory_order_relaxed)) return;
    thread_local std::string record;
    record.clear();
    append_record(record, {core->clock.wall(), level}, component, message, fields);
    core->writer.append(record, level >= LogLevel::warn ? BatchWriter::Weight::urgent : BatchWriter::Weight::ordinary);
  } catch (const std::exception&) {
    // Out of memory: there is nowhere left to say so.
  }
}

}  // namespace gatehouse::telemetry
