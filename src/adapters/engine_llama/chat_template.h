// adapters/engine_llama/chat_template.h — a model's chat template: messages to text that knows who wrote which part.
// Threads  immutable once parsed: render() from any thread
// Errors   template_failed, origin caller: the template cannot render these messages (render), or at all (parse)
// Why      the only place, with template_values.h, that sees libllama-common, whose C++ interface holds for exactly one version
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {

enum class Author : std::uint8_t { model, caller };

struct PromptPart {
  Author author;
  std::string text;
};

class ChatTemplate {
 public:
  static Result<ChatTemplate> parse(const std::string& source, std::string bos_text, std::string eos_text);
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;
  ~ChatTemplate();

  // Whether it has a place for tools, as rendering some shows.
  bool carries_tools() const;
  // How a model that was trained with it writes calls, as rendering one shows; none: in a way that is not known.
  wire::engine::CallForm calls() const;
  // Neighbouring parts of one author are one part.
  Result<std::vector<PromptPart>> render(std::span<const wire::engine::Message> messages,
                                         std::span<const wire::engine::Tool> tools = {}) const;

 private:
  struct Program;
  explicit ChatTemplate(std::unique_ptr<Program> program);
  wire::engine::CallForm form_of_calls(std::string_view id) const;
  void learn_calls();
  std::unique_ptr<Program> program_;
};

}  // namespace gatehouse::adapters
