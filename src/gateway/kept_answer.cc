#include "kept_answer.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace gatehouse::gateway {
namespace {

constexpr std::string_view layout = "1";

// What stands before the next end of a line; nothing: there is none.
std::optional<std::string_view> next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::string written(const KeptAnswer& answer) {
  std::string text(layout);
  text.append("\n").append(std::to_string(answer.status)).append(answer.stream ? "\n1\n" : "\n0\n");
  return text.append(answer.cost).append("\n").append(answer.content_type).append("\n").append(answer.body);
}

std::optional<KeptAnswer> read_kept_answer(std::string_view text) {
  std::array<std::string_view, 5> lines;
  for (std::string_view& line : lines) {
    const std::optional<std::string_view> next = next_line(text);
    if (!next) return std::nullopt;
    line = *next;
  }
  KeptAnswer answer;
  const auto status = std::from_chars(lines[1].data(), lines[1].data() + lines[1].size(), answer.status);
  const bool known = lines[0] == layout && status.ec == std::errc() && answer.status >= 200 && answer.status <= 599;
  if (!known || (lines[2] != "0" && lines[2] != "1")) return std::nullopt;
  answer.stream = lines[2] == "1";
  answer.cost = lines[3];
  answer.content_type = lines[4];
  answer.body = text;
  return answer;
}

std::string body_at_cost(std::string_view body, std::string_view cost) {
  constexpr std::string_view member = R"("cost":)";
  std::string told;
  told.reserve(body.size());
  for (std::size_t at = body.find(member); at != std::string_view::npos; at = body.find(member)) {
    told.append(body.substr(0, at + member.size())).append(cost);
    body.remove_prefix(at + member.size());
    body.remove_prefix(std::min(body.find_first_not_of("0123456789."), body.size()));
  }
  return told.append(body);
}

void Recording::whole(net::Response response) {
  note(response);
  held_ = std::move(response);
}

void Recording::note(const net::Response& response) {
  answer_.status = response.status();
  answer_.content_type = response.value_of("Content-Type").value_or("");
  add(response.body());
  complete_ = true;
}

void Recording::begin(const net::Response& head) {
  answer_.status = head.status();
  answer_.stream = true;
  answer_.content_type = head.value_of("Content-Type").value_or("");
  add(head.body());
}

void Recording::add(std::string_view piece) {
  if (too_large_) return;
  too_large_ = answer_.body.size() + piece.size() > most;
  if (too_large_) {
    answer_.body = std::string();
  } else {
    answer_.body.append(piece);
  }
}

void Recording::end(std::string_view piece) {
  add(piece);
  last_.emplace(piece);
  complete_ = true;
}

}  // namespace gatehouse::gateway
