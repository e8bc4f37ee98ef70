// telemetry/log.h — what the process says about itself: coloured text on a terminal, one JSON object a line elsewhere, and both in files.
//
//   GH_TRY(const Logging logging, Logging::open(LogOptions{}, clock));   // in main, before anything that logs
//   log::warn("engine", "child ended", {{"model", name}, {"signal", 9}});
//
// Files    turned over at local midnight: yesterday's is FILE.2026-10-01, a moment later FILE.2026-10-01.gz
// Threads  logging from any thread; it never blocks. A full buffer refuses the newest lines, warnings and errors last, counts them and says
//          so. Logging itself is made and destroyed in main, after every thread that logs has ended
// Errors   open: log_file_unwritable. Logging itself: none; without a Logging, warnings and errors go straight to standard error, the rest
//          is dropped
#pragma once
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"

namespace gatehouse::telemetry {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };
enum class LogFormat { automatic, text, json };  // automatic: text on a terminal, JSON elsewhere

namespace log {
class Field;
using Fields = std::initializer_list<Field>;
void write(LogLevel level, std::string_view component, std::string_view message, Fields fields);
}  // namespace log

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;
  std::filesystem::path file, json_file;  // also there, as text and as JSON; empty: not
  std::chrono::days file_kept{7}, json_file_kept{30};
  std::string environment;             // said on each JSON line; empty: not
  std::size_t buffer = 1024UL * 1024;  // bytes
  int fd = 2;                          // not owned
};

class Logging {
 public:
  // The clock outlives it.
  static Result<Logging> open(const LogOptions& options, const Clock& clock);
  Logging(Logging&&) noexcept;
  Logging& operator=(Logging&&) = delete;
  ~Logging();  // writes what is queued

  // For what is logged from now on; from any thread.
  void set_level(LogLevel level);
  // Opens those files anew that were moved away; from any thread.
  void reopen();
  std::uint64_t dropped() const;  // lines that found no room, or that an output did not take

 private:
  friend void log::write(LogLevel, std::string_view, std::string_view, log::Fields);
  struct Core;
  explicit Logging(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
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
