#include "gatehouse/telemetry/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include "fd_write.h"
#include "log_record.h"

namespace gatehouse::telemetry {
namespace {

constexpr const char* logger_name = "gatehouse";

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

LogLevel from_spdlog(spdlog::level::level_enum level) {
  if (level <= spdlog::level::debug) return LogLevel::debug;
  if (level == spdlog::level::info) return LogLevel::info;
  if (level == spdlog::level::warn) return LogLevel::warn;
  return LogLevel::error;
}

// Runs on the writer thread alone.
class FdSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  FdSink(int fd, bool json, bool colour, std::shared_ptr<std::atomic<std::uint64_t>> unwritten)
      : out_(fd), json_(json), colour_(colour), unwritten_(std::move(unwritten)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_.clear();
    const LineContext context{message.time, from_spdlog(message.level)};
    const std::string_view record(message.payload.data(), message.payload.size());
    json_ ? append_json_line(line_, context, record) : append_text_line(line_, context, record, colour_);
    if (out_.write(line_) < line_.size()) unwritten_->fetch_add(1, std::memory_order_relaxed);
  }
  void flush_() override {}

 private:
  FdWriter out_;
  bool json_, colour_;
  std::shared_ptr<std::atomic<std::uint64_t>> unwritten_;
  std::string line_;
};

// Signals are for the thread that waits for them.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void write_without_logger(LogLevel level, std::string_view record) {
  if (level < LogLevel::warn) return;
  std::string line;
  append_text_line(line, LineContext{SystemClock().wall(), level}, record, false);
  FdWriter(STDERR_FILENO).write(line);
}

}  // namespace

Logging::Logging(const LogOptions& options)
    : unwritten_(std::make_shared<std::atomic<std::uint64_t>>(0)),
      writer_(std::make_shared<spdlog::details::thread_pool>(options.queue, 1, [] { block_signals(); })) {
  const bool terminal = ::isatty(options.fd) == 1;
  const bool json = options.format == LogFormat::json || (options.format == LogFormat::automatic && !terminal);
  sink_ = std::make_shared<FdSink>(options.fd, json, terminal, unwritten_);
  auto logger = std::make_shared<spdlog::async_logger>(logger_name, sink_, writer_, spdlog::async_overflow_policy::overrun_oldest);
  logger->set_level(to_spdlog(options.level));
  spdlog::drop(logger_name);
  spdlog::register_logger(std::move(logger));
}

Logging::~Logging() { spdlog::drop(logger_name); }  // the pool's destructor writes what is queued, then joins

void Logging::set_level(LogLevel level) {
  if (const auto logger = spdlog::get(logger_name)) logger->set_level(to_spdlog(level));
}

std::uint64_t Logging::dropped() const { return writer_->overrun_counter() + unwritten_->load(std::memory_order_relaxed); }

void log::write(LogLevel level, std::string_view component, std::string_view message, Fields fields) {
  if (level == LogLevel::off) return;
  try {
    const std::shared_ptr<spdlog::logger> logger = spdlog::get(logger_name);
    if (logger && !logger->should_log(to_spdlog(level))) return;
    thread_local std::string record;
    record.clear();
    encode_record(record, component, message, fields);
    if (!logger) return write_without_logger(level, record);
    logger->log(to_spdlog(level), spdlog::string_view_t(record.data(), record.size()));
  } catch (const std::exception&) {
    // Out of memory or a stopped queue: there is nowhere left to say so.
  }
}

}  // namespace gatehouse::telemetry
