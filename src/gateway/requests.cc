#include "requests.h"

#include <map>
#include <utility>

#include "gatehouse/wire/anthropic/messages.h"
#include "gatehouse/wire/llm/generate.h"
#include "gatehouse/wire/oip/generate.h"
#include "gatehouse/wire/openai/chat.h"
#include "gatehouse/wire/openai/completion.h"

namespace gatehouse::gateway {

namespace w = wire::engine;

namespace {

// Of the tools that have been called, by the id of the call.
using ToolNames = std::map<std::string, std::string, std::less<>>;

// OpenAI's own default for /v1/completions.
constexpr std::uint32_t completion_default_tokens = 16;

bool says(const wire::JsonValue& body, std::string_view member) {
  const std::optional<wire::JsonValue> value = body.find(member);
  return value && !value->is_null();
}

// The members that chat and completion have in common.
template <class Request>
void take_common(Request& request, Generation& generation) {
  generation.model = std::move(request.model);
  generation.prompt.stops = std::move(request.stop.strings);
  generation.stream = request.stream;
  generation.include_usage = request.include_usage();
  wire::engine::Sampling& sampling = generation.prompt.sampling;
  sampling.temperature = static_cast<float>(request.temperature);
  sampling.top_p = static_cast<float>(request.top_p);
  sampling.min_p = static_cast<float>(request.min_p);
  sampling.top_k = wire::sampler_top_k(request.top_k);
  sampling.seed = wire::sampler_seed(request.seed);
  sampling.frequency_penalty = static_cast<float>(request.frequency_penalty);
  sampling.presence_penalty = static_cast<float>(request.presence_penalty);
  sampling.logit_bias = std::move(request.logit_bias.tokens);
  generation.prompt.choices = request.n;
}

// Chat templates know system alone; developer is its newer name.
std::string template_role(wire::ChatRole role) {
  return std::string(wire::name_of(role == wire::ChatRole::developer ? wire::ChatRole::system : role));
}

w::Message message_of(wire::ChatMessage& message, ToolNames& names) {
  w::Message made{template_role(message.role), std::string(message.text())};
  for (wire::ChatToolCall& call : message.tool_calls) {
    names[call.id] = call.function.name.text;
    made.calls.push_back({std::move(call.id), std::move(call.function.name.text), std::move(call.function.arguments.json)});
  }
  if (message.role != wire::ChatRole::tool) return made;
  made.name = names[message.tool_call_id];
  made.call_id = std::move(message.tool_call_id);
  return made;
}

void take_tools(wire::ChatRequest& request, w::Prepare& prompt) {
  prompt.tools_field = request.tools_field();
  if (request.tools.empty() || request.tool_choice.forbids_tools) return;
  for (wire::ChatTool& tool : request.tools) {
    wire::FunctionSpec& f = tool.function;
    prompt.tools.push_back({std::move(f.name.text), std::move(f.description), std::move(f.parameters.json), f.strict});
  }
  prompt.tool_use = request.tool_choice.demands_tool ? w::ToolUse::must : w::ToolUse::may;
  prompt.tool = std::move(request.tool_choice.name);
  prompt.parallel_calls = request.parallel_tool_calls;
}

Status check_older_form(const std::string& field) {
  if (field.empty()) return ok();
  return caller_error("unsupported_parameter", field + " is the form that tools had before: use tools, tool_choice and tool_calls")
      .with_param(field);
}

Result<Generation> read_chat(const wire::JsonValue& body) {
  GH_TRY(wire::ChatRequest request, wire::read_chat_request(body));
  GH_CHECK(check_older_form(request.functions_field()));
  Generation generation;
  generation.shape = AnswerShape::chat;
  take_common(request, generation);
  generation.prompt.sampling.logprobs = request.logprobs;
  generation.prompt.sampling.top_logprobs = request.top_logprobs;
  ToolNames names;
  take_tools(request, generation.prompt);
  for (wire::ChatMessage& message : request.messages) generation.prompt.messages.push_back(message_of(message, names));
  generation.prompt.schema = request.response_format.schema();
  generation.max_tokens = request.token_limit();
  generation.asks_max_tokens = generation.max_tokens.has_value();
  return generation;
}

Result<Generation> read_completion(const wire::JsonValue& body) {
  GH_TRY(wire::CompletionRequest request, wire::read_completion_request(body));
  GH_CHECK(wire::check_abilities(request));
  Generation generation;
  generation.shape = AnswerShape::completion;
  take_common(request, generation);
  generation.prompt.sampling.logprobs = request.logprobs.has_value();
  generation.prompt.sampling.top_logprobs = request.logprobs.value_or(0);
  generation.prompt.chat = false;
  generation.prompt.prompt = std::move(request.prompt.text);
  generation.echo = request.echo;
  generation.max_tokens = request.max_tokens.value_or(completion_default_tokens);
  generation.asks_max_tokens = request.max_tokens.has_value();
  return generation;
}

Result<Generation> read_llm_generate(const wire::JsonValue& body) {
  GH_TRY(wire::GenerateRequest request, wire::read_generate_request(body));
  Generation generation;
  generation.shape = AnswerShape::llm_generate;
  generation.model = std::move(request.model);
  generation.prompt.chat = false;
  generation.prompt.prompt = std::move(request.prompt);
  generation.prompt.sampling.temperature = static_cast<float>(request.temperature);
  generation.prompt.sampling.top_p = static_cast<float>(request.top_p);
  generation.prompt.stops = std::move(request.stop.strings);
  generation.prompt.choices = request.n;
  generation.max_tokens = request.max_tokens;
  generation.asks_max_tokens = body.find("max_tokens").has_value();
  generation.stream = request.stream;
  return generation;
}

// What came of calls are messages of their own, in their place among the user's.
void take_block(wire::Block& block, std::string_view role, std::vector<w::Message>& messages, ToolNames& names) {
  if (block.kind == wire::Block::Kind::tool_result) {
    messages.push_back({std::string(template_role(wire::ChatRole::tool)), std::move(block.text), {}, block.call_id, names[block.call_id]});
    return;
  }
  const bool joins = !messages.empty() && messages.back().role == role;
  if (!joins) messages.push_back({std::string(role), {}});
  w::Message& message = messages.back();
  if (block.kind == wire::Block::Kind::tool_use) {
    names[block.call_id] = block.name.text;
    message.calls.push_back({std::move(block.call_id), std::move(block.name.text), std::move(block.input.json)});
  } else if (!joins || (message.content.empty() && !message.calls.empty())) {
    message.content = std::move(block.text);
  } else {
    message.content.append("\n").append(block.text);
  }
}

void take_tools(wire::Conversation& conversation, w::Prepare& prompt) {
  prompt.tools_field = conversation.tools_field();
  const wire::ToolWish& wish = conversation.tool_choice;
  if (conversation.tools.empty() || wish.type == "none") return;
  for (wire::MessageTool& tool : conversation.tools)
    prompt.tools.push_back({std::move(tool.name.text), std::move(tool.description), std::move(tool.input_schema.json), tool.strict});
  prompt.tool_use = wish.demands_tool() ? w::ToolUse::must : w::ToolUse::may;
  if (wish.type == "tool") prompt.tool = wish.name;
  prompt.parallel_calls = !wish.disable_parallel_tool_use;
}

// Turns of one speaker that follow one another are one turn.
void take_conversation(wire::Conversation& conversation, Generation& generation) {
  generation.shape = AnswerShape::messages;
  generation.model = std::move(conversation.model);
  std::vector<wire::engine::Message>& messages = generation.prompt.messages;
  if (!conversation.system.text.empty()) messages.push_back({"system", std::move(conversation.system.text)});
  ToolNames names;
  for (wire::Turn& turn : conversation.messages) {
    for (wire::Block& block : turn.content.blocks) take_block(block, name_of(turn.role), messages, names);
    if (turn.content.blocks.empty() && (messages.empty() || messages.back().role != name_of(turn.role)))
      messages.push_back({std::string(name_of(turn.role)), {}});
  }
  const w::Message& last = messages.back();
  generation.prompt.continues = last.role == name_of(wire::TurnRole::assistant) && last.calls.empty();
  take_tools(conversation, generation.prompt);
}

Result<Generation> read_messages(const wire::JsonValue& body) {
  GH_TRY(wire::MessagesRequest request, wire::read_messages_request(body));
  Generation generation;
  take_conversation(request, generation);
  generation.prompt.sampling.temperature = static_cast<float>(request.temperature);
  generation.prompt.sampling.top_p = static_cast<float>(request.top_p);
  generation.prompt.sampling.top_k = request.top_k;
  generation.prompt.stops = std::move(request.stop_sequences);
  generation.max_tokens = request.max_tokens;
  generation.asks_max_tokens = true;
  generation.stream = request.stream;
  return generation;
}

Result<Generation> read_count_tokens(const wire::JsonValue& body) {
  GH_TRY(wire::Conversation request, wire::read_count_tokens_request(body));
  Generation generation;
  take_conversation(request, generation);
  return generation;
}

// The path says whether it is a stream.
Result<Generation> read_oip(const wire::JsonValue& body, bool stream) {
  GH_TRY(wire::OipGenerateRequest request, wire::read_oip_generate(body));
  const wire::OipGenerateParameters& parameters = request.parameters;
  if (!stream && parameters.stream.value_or(false)) {
    return caller_error("invalid_value", "parameters.stream is true, and only .../generate_stream answers by pieces")
        .with_param("parameters.stream");
  }
  Generation generation;
  generation.shape = AnswerShape::oip_generate;
  generation.prompt.chat = false;
  generation.prompt.prompt = std::move(request.text_input);
  generation.prompt.stops = parameters.stop.strings;
  wire::engine::Sampling& sampling = generation.prompt.sampling;
  sampling.temperature = static_cast<float>(parameters.temperature);
  sampling.top_p = static_cast<float>(parameters.top_p);
  sampling.min_p = static_cast<float>(parameters.min_p);
  sampling.top_k = wire::sampler_top_k(parameters.top_k);
  sampling.seed = wire::sampler_seed(parameters.seed);
  sampling.frequency_penalty = static_cast<float>(parameters.frequency_penalty);
  sampling.presence_penalty = static_cast<float>(parameters.presence_penalty);
  generation.max_tokens = parameters.max_tokens;
  generation.asks_max_tokens = parameters.max_tokens.has_value();
  generation.stream = stream;
  generation.include_usage = parameters.details;
  generation.asked_id = std::move(request.id);
  return generation;
}

Result<Generation> read_dialect(Action action, const wire::JsonValue& value) {
  switch (action) {
    case Action::chat:
      return read_chat(value);
    case Action::completion:
      return read_completion(value);
    case Action::llm_generate:
      return read_llm_generate(value);
    case Action::messages:
      return read_messages(value);
    case Action::count_tokens:
      return read_count_tokens(value);
    case Action::oip_generate:
    case Action::oip_generate_stream:
      return read_oip(value, action == Action::oip_generate_stream);
    default:
      return internal_error("route_without_answer", "no body is read for this action");
  }
}

Result<Generation> read_typed(Action action, const wire::JsonValue& value) {
  GH_TRY(Generation generation, read_dialect(action, value));
  const std::optional<wire::JsonValue> parameters = value.find("parameters");  // where they stand on their own
  generation.asks_temperature = says(value, "temperature") || (parameters && parameters->is_object() && says(*parameters, "temperature"));
  return generation;
}

}  // namespace

Result<Generation> read_generation(Action action, wire::JsonParser& parser, std::string_view body) {
  const Result<wire::JsonValue> value = parser.parse(body);
  Result<Generation> generation = value ? read_typed(action, *value) : value.error();
  parser.settle();
  return generation;
}

}  // namespace gatehouse::gateway
