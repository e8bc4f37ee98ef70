// engine/life.h — where a model stands. One that is ready again after an end of its engine has begun anew at loading.
// Threads  value type
#pragma once
#include <cstdint>
#include <string_view>

namespace gatehouse::engine {

enum class Life : std::uint8_t {
  declared,  // its manifest was read; it is loaded when somebody asks for it
  loading,   // its files are checked and an engine takes them up
  ready,     // it answers
  draining,  // it answers what it has begun, and nothing new yet
  gone,      // it has been put away, until somebody has it loaded
  failed,    // it could not be loaded, or was lost for good
};

constexpr std::string_view to_string(Life life) {
  constexpr std::string_view names[]{"declared", "loading", "ready", "draining", "gone", "failed"};
  return names[static_cast<std::size_t>(life)];
}

}  // namespace gatehouse::engine
