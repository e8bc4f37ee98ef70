#include "gatehouse/wire/llm/call_reader.h"

#include <algorithm>
#include <utility>

namespace gatehouse::wire {
namespace {

using AnswerParts = std::vector<AnswerPart>;
using PartKind = AnswerPart::Kind;

constexpr std::string_view json_blanks = " \t\r\n";
constexpr std::size_t longest_tool_name = 64;
constexpr std::size_t longest_call_head = 512;  // up to the arguments; a model that writes more blanks than that calls nothing

void tell_part(AnswerParts& out, PartKind kind, std::string_view text) {
  if (text.empty()) return;
  if (out.empty() || out.back().kind != kind) out.push_back({kind, {}});
  out.back().text += text;
}

std::size_t first_that_is_not_blank(std::string_view text) { return std::min(text.find_first_not_of(json_blanks), text.size()); }

// How much of the end may be the beginning of the mark.
std::size_t beginning_at_end(std::string_view text, std::string_view mark) {
  std::size_t length = std::min(text.size(), mark.size() - 1);
  while (length > 0 && !text.ends_with(mark.substr(0, length))) --length;
  return length;
}

// {"name": "f", "arguments": — and then an object.
struct CallHead {
  enum class State : std::uint8_t { partial, none, whole };
  State state = State::partial;
  std::string_view name;
  std::size_t bytes = 0;
};

class CallScanner {
 public:
  explicit CallScanner(std::string_view text) : text_(text) {}

  // False: it does not go on so, or not yet; state() says which.
  bool take(std::string_view expected) {
    at_ += first_that_is_not_blank(text_.substr(at_));
    const std::string_view rest = text_.substr(at_, expected.size());
    if (!expected.starts_with(rest)) return stop(CallHead::State::none);
    if (rest.size() < expected.size()) return stop(CallHead::State::partial);
    at_ += expected.size();
    return true;
  }
  bool take_member(std::string_view name) {
    const std::string quoted = '"' + std::string(name) + '"';
    return take(quoted) && take(":");
  }
  bool take_name(std::string_view& name) {
    if (!take("\"")) return false;
    const std::size_t end = text_.find('"', at_);
    name = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    const bool is_whole = end != std::string_view::npos;
    if (is_whole ? !is_tool_name(name) : !name.empty() && !is_tool_name(name)) return stop(CallHead::State::none);
    if (!is_whole) return stop(CallHead::State::partial);
    at_ = end + 1;
    return true;
  }
  // Up to the mark behind it; between them a mark and an id may stand.
  bool take_bare_name(std::string_view& name) {
    at_ += first_that_is_not_blank(text_.substr(at_));
    const std::size_t end = text_.find('[', at_);
    const bool is_whole = end != std::string_view::npos;
    name = text_.substr(at_, is_whole ? end - at_ : end);
    if (is_whole ? !is_tool_name(name) : !name.empty() && !is_tool_name(name)) return stop(CallHead::State::none);
    if (!is_whole) return stop(CallHead::State::partial);
    at_ = end;
    return pass_over_id();
  }
  std::size_t at() const { return at_; }
  CallHead::State state() const { return state_; }

 private:
  bool stop(CallHead::State state) {
    state_ = state;
    return false;
  }
  bool pass_over_id() {
    const std::string_view rest = text_.substr(at_), mark = call_id_mark;
    if (mark.starts_with(rest)) return stop(CallHead::State::partial);
    if (!rest.starts_with(mark)) return true;
    const std::size_t end = rest.find('[', mark.size());
    const std::string_view id = rest.substr(mark.size(), end == std::string_view::npos ? end : end - mark.size());
    if (!id.empty() && !is_tool_name(id)) return stop(CallHead::State::none);
    if (end == std::string_view::npos) return stop(CallHead::State::partial);
    at_ += end;
    return true;
  }
  std::string_view text_;
  std::size_t at_ = 0;
  CallHead::State state_ = CallHead::State::partial;
};

// is_first: nothing is read of its list yet, where it is one.
CallHead head_of(std::string_view text, engine::CallForm form, bool is_first) {
  const std::string_view arguments = marks_of(form).arguments;
  CallHead head;
  CallScanner scanner(text);
  const bool whole = form == engine::CallForm::named
                         ? scanner.take_bare_name(head.name) && scanner.take(arguments) && scanner.take("{")
                         : (!is_first || form != engine::CallForm::listed || scanner.take("[")) && scanner.take("{") &&
                               scanner.take_member("name") && scanner.take_name(head.name) && scanner.take(",") &&
                               scanner.take_member(arguments) && scanner.take("{");
  head.state = whole ? CallHead::State::whole : scanner.state();
  head.bytes = whole ? scanner.at() - 1 : text.size();  // the arguments begin with their brace
  if (head.state != CallHead::State::none && head.bytes > longest_call_head) head.state = CallHead::State::none;
  return head;
}

}  // namespace

bool is_tool_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= longest_tool_name && std::ranges::all_of(name, allowed);
}

void CallReader::push(std::string_view text, AnswerParts& out) {
  held_ += text;
  while (step(out)) {
  }
}

bool CallReader::step(AnswerParts& out) {
  switch (state_) {
    case State::text:
      return marks_.open.empty() ? read_beginning() : read_text(out);
    case State::only_text:
      tell_part(out, PartKind::text, std::exchange(held_, {}));
      return false;
    case State::head:
    case State::next_head:
      return read_head(out);
    case State::arguments:
      return read_arguments(out);
    case State::tail:
      return form_ == engine::CallForm::listed ? read_item_end() : read_tail();
    case State::behind_item:
      break;
  }
  return read_behind_item();
}

bool CallReader::read_text(AnswerParts& out) {
  const std::string_view text = held_;
  const std::size_t found = text.find(marks_.open);
  const bool opens = found != std::string_view::npos;
  const std::size_t mark = opens ? found : text.size() - beginning_at_end(text, marks_.open);
  const std::size_t last = text.substr(0, mark).find_last_not_of(json_blanks);
  const std::size_t shown = last == std::string_view::npos ? 0 : last + 1;
  tell_part(out, PartKind::text, text.substr(0, shown));
  if (opens) {
    blanks_ = text.substr(shown, mark - shown);
    state_ = State::head;
  }
  held_.erase(0, opens ? mark + marks_.open.size() : shown);
  return opens;
}

// Where there is no mark, an answer that begins with an object may be a call.
bool CallReader::read_beginning() {
  const std::size_t first = first_that_is_not_blank(held_);
  if (first == held_.size()) return false;
  const bool may_be_call = held_[first] == '{';
  if (may_be_call) {
    blanks_ = held_.substr(0, first);
    held_.erase(0, first);
  }
  state_ = may_be_call ? State::head : State::only_text;
  return true;
}

bool CallReader::read_head(AnswerParts& out) {
  const CallHead head = head_of(held_, form_, state_ == State::head);
  if (head.state == CallHead::State::partial) return false;
  if (head.state == CallHead::State::none) return give_up_call(out), true;
  out.push_back({PartKind::call, std::string(head.name)});
  held_.erase(0, head.bytes);
  blanks_.clear();
  called_ = true;
  state_ = State::arguments;
  return true;
}

void CallReader::give_up_call(AnswerParts& out) {
  tell_part(out, PartKind::text, std::exchange(blanks_, {}));
  if (state_ == State::head) tell_part(out, PartKind::text, marks_.open);
  state_ = marks_.open.empty() ? State::only_text : State::text;
}

// Of JSON: whether one is in a string, and how deep in objects and lists.
void CallReader::follow(char c) {
  if (in_string_) {
    in_string_ = escaped_ || c != '"';
    escaped_ = !escaped_ && c == '\\';
  } else if (c == '"') {
    in_string_ = true;
  } else if (c == '{' || c == '[') {
    ++depth_;
  } else if (c == '}' || c == ']') {
    --depth_;
  }
}

bool CallReader::read_arguments(AnswerParts& out) {
  std::size_t end = 0;
  do {
    if (end == held_.size()) break;
    follow(held_[end++]);
  } while (depth_ > 0);
  tell_part(out, PartKind::arguments, std::string_view(held_).substr(0, end));
  held_.erase(0, end);
  if (end == 0 || depth_ > 0) return false;
  out.push_back({PartKind::call_end, {}});
  depth_ = form_ == engine::CallForm::listed ? 1 : 0;  // still within the object of the call
  state_ = form_ == engine::CallForm::named ? State::text : State::tail;
  return true;
}

// Whatever a model writes behind the arguments belongs to the call.
bool CallReader::read_tail() {
  const std::size_t found = marks_.close.empty() ? std::string::npos : held_.find(marks_.close);
  if (found == std::string::npos) {
    held_.erase(0, marks_.close.empty() ? held_.size() : held_.size() - beginning_at_end(held_, marks_.close));
    return false;
  }
  held_.erase(0, found + marks_.close.size());
  state_ = State::text;
  return true;
}

// To the end of the call's object: an id may stand there.
bool CallReader::read_item_end() {
  std::size_t end = 0;
  while (depth_ > 0 && end < held_.size()) follow(held_[end++]);
  held_.erase(0, end);
  if (depth_ > 0) return false;
  state_ = State::behind_item;
  return true;
}

bool CallReader::read_behind_item() {
  const std::size_t next = first_that_is_not_blank(held_);
  if (next == held_.size()) return false;
  const char c = held_[next];
  held_.erase(0, c == ',' || c == ']' ? next + 1 : 0);
  state_ = c == ',' ? State::next_head : State::text;
  return true;
}

void CallReader::finish(AnswerParts& out) {
  if (state_ == State::head || state_ == State::next_head) give_up_call(out);
  const bool is_blank = first_that_is_not_blank(held_) == held_.size();
  switch (state_) {
    case State::text:
    case State::only_text:
      if (!called_ || !is_blank) tell_part(out, PartKind::text, held_);
      break;
    case State::arguments:
      out.push_back({PartKind::call_end, {}});
      break;
    case State::head:
    case State::next_head:
    case State::tail:
    case State::behind_item:
      break;
  }
  held_.clear();
}

}  // namespace gatehouse::wire
