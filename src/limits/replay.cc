#include "gatehouse/limits/replay.h"

#include <array>
#include <charconv>
#include <optional>

#include "gatehouse/base/words.h"
#include "gatehouse/config/units.h"

namespace gatehouse::limits {
namespace {

Error bad_call(std::string text) { return caller_error("bad_call", std::move(text)); }

// t, key, volume, limit, burst. Fewer or more of them are no call.
Result<std::array<std::string_view, 5>> words_of(std::string_view line) {
  std::array<std::string_view, 5> words;
  std::size_t found = 0;
  for (std::string_view rest = trimmed(line); !rest.empty(); rest = trimmed(rest)) {
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
    if (found == words.size()) return bad_call("More than five words; a call is: t key volume limit burst");
    words[found++] = word;
    rest.remove_prefix(word.size());
  }
  if (found < words.size()) return bad_call("Fewer than five words; a call is: t key volume limit burst");
  return words;
}

std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  if (!all_digits(text)) return std::nullopt;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && value <= most ? std::optional(value) : std::nullopt;
}

// "12", "12.5".
std::optional<nanoseconds> time_from(std::string_view text) {
  std::string_view fraction = text;
  const std::string_view whole = take_until(fraction, '.');
  const auto seconds_in = whole_number(whole, 9'000'000'000);
  if (!seconds_in || (whole.size() < text.size() && !all_digits(fraction))) return std::nullopt;
  std::int64_t below = 0;
  for (std::size_t i = 0; i < 9; ++i) below = below * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  return seconds(*seconds_in) + nanoseconds(below);
}

Result<Limit> limit_from(std::string_view rate, std::string_view burst) {
  const auto read = config::parse_rate(rate);
  if (!read) return bad_call("'" + std::string(rate) + "' is no rate; write it as 10/60s");
  const auto bursts = whole_number(burst, most_units);
  if (!bursts) return bad_call("'" + std::string(burst) + "' is no burst; it is a whole number, and 0 for a sliding window");
  if (*bursts == 0) return Limit(SlidingWindow{read->count, read->window});
  return Limit(Gcra{read->count, read->window, *bursts});
}

std::string seconds_text(const Wait& wait) {
  const auto time = wait.time();
  if (!time) return "-";
  std::string text = std::to_string(time->count() / 1'000'000'000);
  if (const std::int64_t below = time->count() % 1'000'000'000; below != 0) {
    const std::string digits = std::to_string(below);
    text += "." + std::string(9 - digits.size(), '0') + digits;
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text;
}

}  // namespace

Result<std::string> Replay::answer(std::string_view line) {
  GH_TRY(const auto words, words_of(line));
  const auto& [t, key, volume, rate, burst] = words;
  const auto time = time_from(t);
  if (!time) return bad_call("'" + std::string(t) + "' is no time; it is seconds, such as 12 or 12.5");
  const auto units = whole_number(volume, most_units);
  if (!units) return bad_call("'" + std::string(volume) + "' is no volume; it is a whole number");
  GH_TRY(const Limit limit, limit_from(rate, burst));
  std::string name = std::string(key) + ' ' + std::string(rate) + ' ' + std::string(burst);
  Counted& counted = counts_.try_emplace(std::move(name), Counted{limit, {}}).first->second;
  const Moment now{Instant(*time), WallTime(*time)};
  const Decision said = decide(counted.limit, counted.state, *units, now);
  return (said.admitted ? "admit " : "refuse ") + std::to_string(said.remaining) + " " + seconds_text(said.reset) + " " +
         seconds_text(said.retry);
}

}  // namespace gatehouse::limits
