// telemetry/log.h — what the process says about itself: coloured text on a terminal, one JSON object a line elsewhere.
//
//   Logging logging(LogOptions{});                       // in main, before anything that logs
//   log::warn("engine", "child ended", {{"model", name}, {"signal", 9}});
//
// Threads  logging from any thread, never blocks: a full queue loses its oldest lines and counts them. Logging itself is
//          made and destroyed in main, after every thread that logs has ended
// Errors   none: without a Logging, warnings and errors go straight to standard error, the rest is dropped
#pragma once
#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <type_traits>
#include <variant>

namespace spdlog {
namespace details {
class thread_pool;
}
namespace sinks {
class sink;
}
}  // namespace spdlog

namespace gatehouse::telemetry {

enum class LogLevel { debug, info, warn, error, off };
enum class LogFormat { automatic, text, json };  // automatic: text on a terminal, JSON elsewhere

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;
  std::size_t queue = 8192;  // lines
  int fd = 2;                // not owned
};

class Logging {
 public:
  explicit Logging(const LogOptions& options);
  Logging(const Logging&) = delete;
  Logging& operator=(const Logging&) = delete;
  ~Logging();  // writes what is queued

  // For what is logged from now on; from any thread.
  void set_level(LogLevel level);
  std::uint64_t dropped() const;  // lines that were overtaken in the queue or that no reader took

 private:
  std::shared_ptr<std::atomic<std::uint64_t>> unwritten_;
  std::shared_ptr<spdlog::sinks::sink> sink_;  // outlives the thread that writes to it
  std::shared_ptr<spdlog::details::thread_pool> writer_;
};

namespace log {

// A key (a plain identifier) and a text, a number or a truth value. Views: valid for the call.
class Field {
 public:
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;
  Field(std::string_view key, std::string_view text) : key_(key), value_(text) {}
  Field(std::string_view key, const char* text) : Field(key, std::string_view(text)) {}
  Field(std::string_view key, double number) : key_(key), value_(number) {}
  Field(std::string_view key, std::same_as<bool> auto truth) : key_(key), value_(truth) {}
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  Field(std::string_view key, Number number) : key_(key) {
    if constexpr (std::is_signed_v<Number>) {
      value_ = std::int64_t{number};
    } else {
      value_ = std::uint64_t{number};
    }
  }

  std::string_view key() const { return key_; }
  const Value& value() const { return value_; }

 private:
  std::string_view key_;
  Value value_;
};
using Fields = std::initializer_list<Field>;

void write(LogLevel level, std::string_view component, std::string_view message, Fields fields);

inline void debug(std::string_view component, std::string_view message, Fields fields = {}) {
  write(LogLevel::debug, component, message, fields);
}
inline void info(std::string_view component, std::string_view message, Fields fields = {}) {
  write(LogLevel::info, component, message, fields);
}
inline void warn(std::string_view component, std::string_view message, Fields fields = {}) {
  write(LogLevel::warn, component, message, fields);
}
inline void error(std::string_view component, std::string_view message, Fields fields = {}) {
  write(LogLevel::error, component, message, fields);
}

}  // namespace log
}  // namespace gatehouse::telemetry
