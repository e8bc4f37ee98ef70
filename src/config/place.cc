#include "gatehouse/config/place.h"

namespace gatehouse::config {

std::string to_text(const Place& place) {
  if (place.source == Source::fallback) return "default";
  if (place.source == Source::environment) return "environment " + place.name;
  if (place.source == Source::command_line) return "command line " + place.name;
  std::string out = place.name;
  if (place.line > 0) out += ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  if (!place.variable.empty()) out += " " + place.variable;
  return out;
}

std::string to_text(const Fault& fault) { return to_text(fault.place) + ": " + fault.message; }

}  // namespace gatehouse::config
