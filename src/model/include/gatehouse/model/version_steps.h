// model/version_steps.h — which versions of a model come, answer and go, as one small decision after the other.
// Rules    a stage is left for a later one alone; a version that comes once more begins anew at found. What answers is let go when another
//          one that is wanted answers in its place, when somebody says so, or when nothing is left that could come
// Threads  value types, pure functions
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gatehouse::model {

enum class Stage : std::uint8_t {
  found,     // it stands in a folder
  checking,  // its files are held against their hashes
  loading,   // an engine takes it up
  ready,     // it answers
  draining,  // it answers what it has begun
  failed,    // it could not be loaded, or was lost for good
  unloaded,  // it has been put away
};
std::string_view to_string(Stage stage);
// Whether a version goes from one straight to the other.
bool leads_to(Stage from, Stage to);

// What somebody has said of a version.
enum class Wish : std::uint8_t { none, loaded, put_away };

struct VersionSeen {
  std::uint32_t version = 0;
  Stage stage = Stage::found;
  Wish wish = Wish::none;
  bool there = true;    // in its folder
  bool again = false;   // somebody asked for it after it failed
  bool in_use = false;  // while it drains: something is still being answered by it
  bool told = false;    // its engine was told to go
};

struct VersionPolicy {
  std::uint32_t newest = 1;  // so many are loaded without being asked for, those that have failed aside; 0: none
};

enum class Act : std::uint8_t {
  renew,   // it begins anew, at found
  check,   // found → checking
  drain,   // loading or ready → draining
  unload,  // nothing is answered by it any more: its engine goes, and then it is unloaded
  forget,  // it is no version any more
};
struct Step {
  Act act = Act::check;
  std::size_t which = 0;  // of the versions that were asked about
  friend bool operator==(const Step&, const Step&) = default;
};

// versions: of one model, highest first. Nothing: all is as it should be, or on its way there.
std::optional<Step> next_step(std::span<const VersionSeen> versions, const VersionPolicy& policy);
// The one that answers whoever names none: the highest that is ready, else the one that says best why none is.
std::optional<std::size_t> version_that_answers(std::span<const VersionSeen> versions);

}  // namespace gatehouse::model
