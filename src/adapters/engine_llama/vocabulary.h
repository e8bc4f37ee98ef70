// adapters/engine_llama/vocabulary.h — text to tokens and back, such that a caller's text never becomes a control token.
// Threads  immutable once built and shown: any thread
// Errors   invalid_prompt, origin caller: the text cannot be told apart from a control token, or cannot be tokenised
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat_template.h"
#include "gatehouse/base/result.h"
#include "gatehouse/engine/sequence_model.h"
#include "llama_handles.h"

namespace gatehouse::adapters {

class Vocabulary {
 public:
  explicit Vocabulary(ModelHandle model);

  // Control tokens are looked for in the model's own parts only; the text between two of them is tokenised as one, whoever wrote it.
  Result<std::vector<engine::Token>> tokenise(std::span<const PromptPart> parts) const;
  // Before others see it: this control token has its text for its piece from now on. Nothing where there is no such token.
  void show(std::string_view control);
  // Bytes of the token; none for a control token that is not shown.
  std::string_view piece(engine::Token token) const;
  // The text that stands for the token, control tokens too; empty for no token.
  std::string text_of(engine::Token token) const;
  bool is_end(engine::Token token) const;
  bool is_control(engine::Token token) const;
  bool has_control_text(std::string_view text) const;
  // Whether an answer's text cannot hold it, because some of it is a control token that is not shown.
  bool hides(std::string_view text) const;
  // The same text without any control token's text; as long as before.
  std::string without_control_text(std::string_view text) const;
  // The same text with the marks around each control token's text.
  std::string with_marked_control_text(std::string_view text, std::string_view before, std::string_view behind) const;
  const llama_vocab* handle() const { return vocab_; }
  engine::Token bos() const;
  engine::Token eos() const;
  std::size_t size() const { return starts_.size() - 1; }

 private:
  struct Control {
    std::string text;
    engine::Token token;
    bool strips_left, strips_right;
  };
  void collect_pieces();
  void collect_controls();
  const Control* control_at(std::string_view text) const;
  Status append_plain(std::string_view text, std::vector<engine::Token>& out) const;
  Status append_part(const PromptPart& part, std::string& plain, bool& strip_next, std::vector<engine::Token>& out) const;

  const ModelHandle model_;
  const llama_vocab* const vocab_;
  std::string bytes_;                  // of all pieces, one behind the other
  std::vector<std::uint32_t> starts_;  // by token, and the end
  std::vector<bool> ends_;             // by token
  std::vector<std::pair<engine::Token, std::string>> shown_;
  std::array<std::vector<Control>, 256> controls_;  // by first byte, longest first
};

}  // namespace gatehouse::adapters
