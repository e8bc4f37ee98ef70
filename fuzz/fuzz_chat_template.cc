// Messages through chat templates: whatever callers write, a template's own text stays what it is, and theirs stays marked as theirs.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "../src/adapters/engine_llama/chat_template.h"  // private: a model's template needs no model to be rendered

namespace {

using gatehouse::adapters::Author;
using gatehouse::adapters::ChatTemplate;
using gatehouse::adapters::PromptPart;
using gatehouse::wire::engine::Message;

void require(bool holds) {
  if (!holds) std::abort();
}

ChatTemplate parsed(const std::string& source) {
  auto made = ChatTemplate::parse(source, "<s>", "</s>");
  require(made.ok());
  return std::move(*made);
}

struct Written {
  std::string by_model, by_caller;
};

Written render(const ChatTemplate& chat, const std::vector<Message>& messages) {
  const auto parts = chat.render(messages);
  require(parts.ok());
  Written written;
  for (const PromptPart& part : *parts) (part.author == Author::model ? written.by_model : written.by_caller) += part.text;
  return written;
}

// A byte that names the role, then text up to the next byte 0.
std::vector<Message> read_messages(std::string_view bytes) {
  constexpr std::array<std::string_view, 6> roles{"user", "assistant", "system", "tool", "developer", "</s>"};
  std::vector<Message> messages;
  while (!bytes.empty() && messages.size() < 16) {
    const std::string_view role = roles[static_cast<unsigned char>(bytes[0]) % roles.size()];
    bytes.remove_prefix(1);
    const std::size_t end = std::min(bytes.find('\0'), bytes.size());
    messages.push_back(Message{std::string(role), std::string(bytes.substr(0, end))});
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ChatTemplate plain = parsed(
      "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}<|im_start|>system\nBe kind<|im_end|>\n{% endif "
      "%}"
      "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
      "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}");
  static const ChatTemplate trimmed =
      parsed("{{ bos_token }}{% for m in messages %}[{{ m.role }}]{% set text = m.content | trim %}{{ text }}{{ eos_token }}{% endfor %}");
  static const ChatTemplate typed = parsed(
      "{% for m in messages %}{% for part in m.content %}{% if part.type == 'text' %}<{{ part.text }}>{% endif %}{% endfor %}{% endfor %}");
  if (size > 4096) return 0;
  const std::vector<Message> messages = read_messages(std::string_view(reinterpret_cast<const char*>(data), size));
  std::vector<Message> others = messages;
  std::string contents, all;
  for (Message& message : others) {
    contents += message.content;
    all += (message.role == "</s>" ? message.role : std::string()) + message.content;
    message.content = "x";
  }
  for (const ChatTemplate* chat : {&plain, &trimmed, &typed}) require(render(*chat, messages).by_model == render(*chat, others).by_model);
  require(render(plain, messages).by_caller == all);
  require(render(typed, messages).by_caller == contents);
  return 0;
}
