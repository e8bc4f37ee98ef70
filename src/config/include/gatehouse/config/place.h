// config/place.h — where a value, or a fault, stands.
// Units    lines and columns count from 1; 0: the whole of it
// Threads  value types
#pragma once
#include <cstdint>
#include <string>
#include <utility>

namespace gatehouse::config {

enum class Source : std::uint8_t { fallback, file, dotenv, environment, command_line };  // each wins over those before it

struct Place {
  Source source = Source::fallback;
  std::string name;  // of the file, the variable or the option
  std::uint32_t line = 0, column = 0;
  std::string variable;  // in a .env file
};

// "default", "gatehouse.toml:3:13", ".env:2:1 LOG_LEVEL", "environment LOG_LEVEL", "command line --listen".
std::string to_text(const Place& place);

struct Fault {
  Fault(Place place_, std::string key_, std::string message_)
      : place(std::move(place_)), key(std::move(key_)), message(std::move(message_)) {}
  Place place;
  std::string key;  // empty where there is none to name
  std::string message;
};

// "gatehouse.toml:3:13: what is wrong".
std::string to_text(const Fault& fault);

}  // namespace gatehouse::config
