// config/dotenv.h — the .env file: NAME=value lines that other programs read too.
// Rules    # begins a comment (behind a value only after a blank); "export " may stand in front; '…' is taken as it is, "…" knows
//          \n \t \" \\ and both may go over several lines; nothing is expanded
#pragma once
#include <string>
#include <vector>

#include "gatehouse/config/place.h"
#include "gatehouse/config/reading.h"

namespace gatehouse::config {

struct DotenvEntry {
  std::string variable, value;
  Place place;
};

// What can be read; each line that cannot is a fault.
std::vector<DotenvEntry> parse_dotenv(const Document& document, std::vector<Fault>& faults);

}  // namespace gatehouse::config
