#include "dotenv.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace gatehouse::config {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_name(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

class Scanner {
 public:
  Scanner(const Document& document, std::vector<Fault>& faults) : document_(document), text_(document.text), faults_(faults) {}

  std::vector<DotenvEntry> run() {
    while (at_ < text_.size()) {
      skip_blanks();
      if (const std::optional<DotenvEntry> entry = line()) entries_.push_back(*entry);
      to_next_line();
    }
    return std::move(entries_);
  }

 private:
  bool done() const { return at_ >= text_.size() || text_[at_] == '\n'; }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  void to_next_line() {
    at_ = std::min(text_.find('\n', at_), text_.size());
    if (at_ == text_.size()) return;
    line_start_ = ++at_;
    ++line_;
  }
  Place place(std::string variable) const {
    return Place{Source::dotenv, document_.name, line_, static_cast<std::uint32_t>(at_ - line_start_ + 1), std::move(variable)};
  }
  void fault(Place where, std::string what) { faults_.emplace_back(std::move(where), "", std::move(what)); }

  std::string_view name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::optional<DotenvEntry> line() {
    if (done() || text_[at_] == '#') return std::nullopt;
    Place where = place("");
    std::string_view variable = name();
    skip_blanks();
    if (variable == "export" && !done() && text_[at_] != '=') {
      where = place("");
      variable = name();
      skip_blanks();
    }
    if (variable.empty() || done() || text_[at_] != '=') {
      fault(std::move(where), "this line is not NAME=value");
      return std::nullopt;
    }
    ++at_;
    skip_blanks();
    where.variable = variable;
    std::optional<std::string> value = this->value(where);
    if (!value) return std::nullopt;
    return DotenvEntry{std::string(variable), std::move(*value), std::move(where)};
  }

  std::optional<std::string> value(const Place& where) {
    if (done()) return std::string();
    if (text_[at_] == '"' || text_[at_] == '\'') return in_quotes(where);
    const std::size_t begin = at_;
    while (!done() && !(text_[at_] == '#' && is_blank(text_[at_ - 1]))) ++at_;
    std::size_t end = at_;
    while (end > begin && is_blank(text_[end - 1])) --end;
    return std::string(text_.substr(begin, end - begin));
  }

  std::optional<std::string> in_quotes(const Place& where) {
    const char quote = text_[at_++];
    std::string out;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\n') line_start_ = at_ + 1, ++line_;
      out += quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() ? unescaped() : text_[at_];
    }
    if (at_ == text_.size()) {
      fault(where, "the quote that begins here has no end");
      return std::nullopt;
    }
    ++at_;
    skip_blanks();
    if (!done() && text_[at_] != '#') {
      fault(where, "there is something behind the closing quote");
      return std::nullopt;
    }
    return out;
  }

  // At a backslash; goes on to the byte that it is about.
  char unescaped() {
    const char next = text_[at_ + 1];
    if (next != 'n' && next != 't' && next != '"' && next != '\\') return '\\';
    ++at_;
    if (next == 'n') return '\n';
    return next == 't' ? '\t' : next;
  }

  const Document& document_;
  const std::string_view text_;
  std::vector<Fault>& faults_;
  std::vector<DotenvEntry> entries_;
  std::size_t at_ = 0, line_start_ = 0;
  std::uint32_t line_ = 1;
};

}  // namespace

std::vector<DotenvEntry> parse_dotenv(const Document& document, std::vector<Fault>& faults) { return Scanner(document, faults).run(); }

}  // namespace gatehouse::config
