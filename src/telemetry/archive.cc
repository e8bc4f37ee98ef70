#include "archive.h"

#include <algorithm>
#include <utility>

namespace gatehouse::telemetry {
namespace {

enum class State { over, packed, unfinished };

struct Archive {
  Day day;
  State state;
};

bool is_counter(std::string_view text) {
  return text.size() > 1 && text.size() <= 9 && text[0] == '.' && text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

std::optional<Archive> read_name(std::string_view file, std::string_view name) {
  constexpr std::size_t day_size = 10;
  if (!name.starts_with(file) || name.size() < file.size() + 1 + day_size || name[file.size()] != '.') return std::nullopt;
  name.remove_prefix(file.size() + 1);
  const std::optional<Day> day = parse_day(name.substr(0, day_size));
  if (!day) return std::nullopt;
  name.remove_prefix(day_size);
  State state = State::over;
  if (name.ends_with(unfinished_end)) {
    state = State::unfinished;
    name.remove_suffix(unfinished_end.size());
  } else if (name.ends_with(packed_end)) {
    state = State::packed;
    name.remove_suffix(packed_end.size());
  }
  if (!name.empty() && !is_counter(name)) return std::nullopt;
  return Archive{*day, state};
}

}  // namespace

std::string archive_name(std::string_view file, Day day, unsigned number) {
  std::string name(file);
  name += '.';
  name += to_text(day);
  if (number > 1) name += '.' + std::to_string(number);
  return name;
}

std::vector<Chore> plan_chores(std::string_view file, const std::vector<std::string>& names, Day today, std::chrono::days kept) {
  std::vector<Chore> chores;
  for (const std::string& name : names) {
    const std::optional<Archive> archive = read_name(file, name);
    if (!archive) continue;
    const bool too_old = today - archive->day > kept;
    const bool has_twin = std::ranges::find(names, name + std::string(packed_end)) != names.end();
    if (too_old || archive->state == State::unfinished || (archive->state == State::over && has_twin)) {
      chores.push_back({Chore::Kind::remove, name});
    } else if (archive->state == State::over) {
      chores.push_back({Chore::Kind::pack, name});
    }
  }
  std::ranges::sort(chores, {}, [](const Chore& chore) { return std::pair(chore.kind, chore.name); });
  return chores;
}

}  // namespace gatehouse::telemetry
