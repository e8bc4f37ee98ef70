#include "tool_report.h"

#include <charconv>
#include <cmath>
#include <vector>

namespace gatehouse::app {
namespace {

constexpr std::size_t longest_failure = 1000, most_speeds = 16;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

template <class T>
std::optional<T> read_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> read_rate(std::string_view text) {
  const auto rate = read_number<double>(text);
  return rate && std::isfinite(*rate) && *rate >= 0 ? rate : std::nullopt;
}

std::optional<engine::DecodeSpeed> read_decode(std::string_view word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto sequences = read_number<std::uint32_t>(word.substr(0, colon));
  const auto rate = read_rate(word.substr(colon + 1));
  if (!sequences || !rate) return std::nullopt;
  return engine::DecodeSpeed{*sequences, *rate};
}

std::optional<ToolReport> read_speed(const std::vector<std::string_view>& words) {
  if (words.size() < 3 || words.size() > 3 + most_speeds) return std::nullopt;
  const auto threads = read_number<std::uint32_t>(words[1]);
  const auto prefill = read_rate(words[2]);
  if (!threads || !prefill) return std::nullopt;
  engine::ModelSpeed speed{*threads, *prefill, {}};
  for (std::size_t i = 3; i < words.size(); ++i) {
    const auto decode = read_decode(words[i]);
    if (!decode) return std::nullopt;
    speed.decode.push_back(*decode);
  }
  return speed;
}

std::optional<ToolReport> read_progress(const std::vector<std::string_view>& words) {
  if (words.size() != 3) return std::nullopt;
  const auto done = read_number<std::uint64_t>(words[1]), all = read_number<std::uint64_t>(words[2]);
  if (!done || !all || *done > *all) return std::nullopt;
  return ToolProgress{*done, *all};
}

bool is_reason(std::string_view word) {
  return !word.empty() && word.size() <= 64 && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

std::optional<ToolReport> read_failure(std::string_view line, std::string_view reason) {
  if (!is_reason(reason)) return std::nullopt;
  std::string text(line.substr(std::min(line.size(), std::string_view("=failed ").size() + reason.size() + 1), longest_failure));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return ToolFailure{std::string(reason), std::move(text)};
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

std::string rate_text(double rate) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, rate);
  return error == std::errc() ? std::string(text, end) : "0";
}

struct Line {
  std::string operator()(const ToolProgress& progress) const {
    return "=done " + std::to_string(progress.done) + " " + std::to_string(progress.all) + "\n";
  }
  std::string operator()(const engine::ModelSpeed& speed) const {
    std::string line = "=speed " + std::to_string(speed.threads) + " " + rate_text(speed.prefill);
    for (const engine::DecodeSpeed& decode : speed.decode) line += " " + std::to_string(decode.sequences) + ":" + rate_text(decode.tokens);
    return line + "\n";
  }
  std::string operator()(const ToolFailure& failure) const { return "=failed " + failure.reason + " " + one_line(failure.text) + "\n"; }
  std::string operator()(const ToolEnd&) const { return "=end\n"; }
};

}  // namespace

std::string line_of(const ToolReport& report) { return std::visit(Line(), report); }

std::optional<ToolReport> parse_report(std::string_view line) {
  const std::vector<std::string_view> words = words_of(line);
  if (words.front() == "=done") return read_progress(words);
  if (words.front() == "=speed") return read_speed(words);
  if (words.front() == "=failed" && words.size() > 1) return read_failure(line, words[1]);
  if (line == "=end") return ToolEnd{};
  return std::nullopt;
}

}  // namespace gatehouse::app
