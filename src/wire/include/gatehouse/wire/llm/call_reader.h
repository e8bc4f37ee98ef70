// wire/llm/call_reader.h — an answer's text, told apart: what it says, and which tools it asks for.
// Rules    how the text is cut into pieces changes nothing but how the parts are. Nothing of a call's marks is ever shown as text; what
//          begins like a call and is none is text after all. White space around calls belongs to nobody. Once a call has its name and the
//          first of its arguments it is one, also where the answer ends within it. Names are those that a tool may have; whether there is
//          such a tool, and whether the arguments are what it takes, is the grammar's to see to
// Units    bytes; whole UTF-8 characters in, whole ones out
// Threads  value type
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::wire {

// What stands around a call in each form.
struct CallMarks {
  std::string_view open;       // empty: the call is the whole answer
  std::string_view close;      // empty: nothing stands behind it
  std::string_view arguments;  // the name of the member; of named: what stands between name and arguments
};
constexpr CallMarks marks_of(engine::CallForm form) {
  if (form == engine::CallForm::bare) return {{}, {}, "parameters"};
  if (form == engine::CallForm::listed) return {"[TOOL_CALLS]", {}, "arguments"};
  if (form == engine::CallForm::named) return {"[TOOL_CALLS]", {}, "[ARGS]"};
  return {"<tool_call>", "</tool_call>", "arguments"};
}

// Of named calls: what may stand between the name and the mark of the arguments, an id behind it.
inline constexpr std::string_view call_id_mark = "[CALL_ID]";

// 1 to 64 of a-z, A-Z, 0-9, _ and -.
bool is_tool_name(std::string_view name);

struct AnswerPart {
  enum class Kind : std::uint8_t { text, call, arguments, call_end };
  Kind kind = Kind::text;
  std::string text;  // of call: the tool's name; of arguments: some of their JSON; of call_end: nothing
  friend bool operator==(const AnswerPart&, const AnswerPart&) = default;
};

class CallReader {
 public:
  explicit CallReader(engine::CallForm form) : form_(form), marks_(marks_of(form)) {}

  // Appends to out what is certain now.
  void push(std::string_view text, std::vector<AnswerPart>& out);
  // The answer ends here.
  void finish(std::vector<AnswerPart>& out);
  // Whether something is held back, because it may be the beginning of a call.
  bool holds() const { return !held_.empty() || state_ == State::head || state_ == State::next_head; }

 private:
  enum class State : std::uint8_t { text, only_text, head, next_head, arguments, tail, behind_item };
  // One thing that can be told of what is held; false where it takes more.
  bool step(std::vector<AnswerPart>& out);
  bool read_text(std::vector<AnswerPart>& out);
  bool read_beginning();
  bool read_head(std::vector<AnswerPart>& out);
  bool read_arguments(std::vector<AnswerPart>& out);
  bool read_tail();
  bool read_item_end();
  bool read_behind_item();
  void follow(char c);
  void give_up_call(std::vector<AnswerPart>& out);

  engine::CallForm form_;
  CallMarks marks_;
  State state_ = State::text;
  std::string held_;
  std::string blanks_;  // in front of the call that seems to begin
  std::uint32_t depth_ = 0;
  bool in_string_ = false, escaped_ = false, called_ = false;
};

}  // namespace gatehouse::wire
