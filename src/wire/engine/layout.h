// wire/engine/layout.h — the order of the fields of every frame, written once for both directions.
// Wire     integers little-endian, bool and enums one byte, float as its IEEE 754 bits, strings and lists a u32 count and the items,
//          an optional a bool and, where that is 1, the value
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::wire::engine {

inline constexpr std::uint16_t flag_more = 1;  // another part of this frame follows
constexpr bool comes_in_parts(Type type) {
  return type == Type::prepare || type == Type::infer || type == Type::inferred || type == Type::native;
}

template <class T>
inline constexpr auto layout = nullptr;
template <>
inline constexpr auto layout<Hello> = std::tuple{&Hello::link};
template <>
inline constexpr auto layout<Tool> = std::tuple{&Tool::name, &Tool::description, &Tool::parameters, &Tool::strict};
template <>
inline constexpr auto layout<ToolCall> = std::tuple{&ToolCall::id, &ToolCall::name, &ToolCall::arguments};
template <>
inline constexpr auto layout<Message> = std::tuple{&Message::role, &Message::content, &Message::calls, &Message::call_id, &Message::name};
template <>
inline constexpr auto layout<TokenBias> = std::tuple{&TokenBias::token, &TokenBias::bias};
template <>
inline constexpr auto layout<Sampling> =
    std::tuple{&Sampling::temperature,      &Sampling::top_p, &Sampling::min_p,      &Sampling::top_k,    &Sampling::frequency_penalty,
               &Sampling::presence_penalty, &Sampling::seed,  &Sampling::logit_bias, &Sampling::logprobs, &Sampling::top_logprobs};
template <>
inline constexpr auto layout<Prepare> =
    std::tuple{&Prepare::chat,        &Prepare::sampling, &Prepare::tenant,   &Prepare::stops,   &Prepare::schema,
               &Prepare::messages,    &Prepare::prompt,   &Prepare::weight,   &Prepare::choices, &Prepare::continues,
               &Prepare::tools_field, &Prepare::tools,    &Prepare::tool_use, &Prepare::tool,    &Prepare::parallel_calls};
template <>
inline constexpr auto layout<Start> = std::tuple{&Start::grant, &Start::per_choice};
template <>
inline constexpr auto layout<Grant> = std::tuple{&Grant::tokens};
template <>
inline constexpr auto layout<Finish> = std::tuple{&Finish::reason};
template <>
inline constexpr auto layout<Cancel> = std::tuple{};
template <>
inline constexpr auto layout<Load> = std::tuple{&Load::model,         &Load::seats, &Load::seat_cells,   &Load::threads,
                                                &Load::prefill_chunk, &Load::queue, &Load::prefix_bytes, &Load::rehearse};
template <>
inline constexpr auto layout<Unload> = std::tuple{};
template <>
inline constexpr auto layout<Stats> = std::tuple{};
template <>
inline constexpr auto layout<HelloBack> = std::tuple{&HelloBack::engine};
template <>
inline constexpr auto layout<Prepared> = std::tuple{&Prepared::prompt_tokens, &Prepared::seat_cells, &Prepared::calls};
template <>
inline constexpr auto layout<Refused> = std::tuple{&Refused::code, &Refused::param, &Refused::text};
template <>
inline constexpr auto layout<ScoredToken> = std::tuple{&ScoredToken::text, &ScoredToken::has_bytes, &ScoredToken::logprob};
template <>
inline constexpr auto layout<TokenScore> = std::tuple{&TokenScore::sampled, &TokenScore::likeliest};
template <>
inline constexpr auto layout<TokenEvent> =
    std::tuple{&TokenEvent::job,    &TokenEvent::count,  &TokenEvent::ask_ahead, &TokenEvent::waiting, &TokenEvent::text,
               &TokenEvent::scores, &TokenEvent::choice, &TokenEvent::ended,     &TokenEvent::reason,  &TokenEvent::cached};
template <>
inline constexpr auto layout<TokenBatch> = std::tuple{&TokenBatch::events};
template <>
inline constexpr auto layout<Waiting> = std::tuple{};
template <>
inline constexpr auto layout<Done> =
    std::tuple{&Done::reason,    &Done::prompt_tokens, &Done::cached_tokens, &Done::completion_tokens, &Done::queued_us, &Done::prefill_us,
               &Done::decode_us, &Done::error,         &Done::stop};
template <>
inline constexpr auto layout<State> = std::tuple{
    &State::state,         &State::detail,      &State::seats,        &State::seat_cells, &State::sequences,     &State::kv_cells,
    &State::queued,        &State::jobs,        &State::steps,        &State::compute_us, &State::rss_bytes,     &State::open_fds,
    &State::saved,         &State::saved_bytes, &State::given_back,   &State::step_us,    &State::usual_step_us, &State::prompt_computed,
    &State::prompt_cached, &State::prefixes,    &State::prefix_bytes, &State::memory_left};

template <>
inline constexpr auto layout<Tensor> = std::tuple{&Tensor::name, &Tensor::datatype, &Tensor::shape, &Tensor::bytes};
template <>
inline constexpr auto layout<TensorSpec> = std::tuple{&TensorSpec::name, &TensorSpec::datatype, &TensorSpec::shape};
template <>
inline constexpr auto layout<LoadTensors> =
    std::tuple{&LoadTensors::model,       &LoadTensors::threads,  &LoadTensors::queue,  &LoadTensors::inputs,    &LoadTensors::outputs,
               &LoadTensors::patience_us, &LoadTensors::batch_us, &LoadTensors::graphs, &LoadTensors::row_tokens};
template <>
inline constexpr auto layout<Infer> = std::tuple{&Infer::inputs, &Infer::outputs, &Infer::tenant, &Infer::room};
template <>
inline constexpr auto layout<Signature> = std::tuple{&Signature::inputs, &Signature::outputs};
template <>
inline constexpr auto layout<Inferred> = std::tuple{&Inferred::outputs,   &Inferred::queued_us, &Inferred::input_us, &Inferred::compute_us,
                                                    &Inferred::output_us, &Inferred::pass_rows, &Inferred::passes};
template <>
inline constexpr auto layout<Native> = std::tuple{&Native::plan};

// A frame or a part of one; everything else is a single value.
template <class T>
inline constexpr bool is_record = !std::is_same_v<std::remove_const_t<decltype(layout<T>)>, std::nullptr_t>;

template <class T>
inline constexpr T last_value{};
template <>
inline constexpr FinishReason last_value<FinishReason> = FinishReason::error;
template <>
inline constexpr ToolUse last_value<ToolUse> = ToolUse::must;
template <>
inline constexpr CallForm last_value<CallForm> = CallForm::named;
template <>
inline constexpr ModelState last_value<ModelState> = ModelState::failed;
template <>
inline constexpr Datatype last_value<Datatype> = Datatype::bf16;

// In the order of Body's alternatives.
inline constexpr std::array type_by_index{Type::hello,     Type::prepare,  Type::start,  Type::grant,        Type::finish, Type::cancel,
                                          Type::load,      Type::unload,   Type::stats,  Type::load_tensors, Type::infer,  Type::hello_back,
                                          Type::prepared,  Type::refused,  Type::tokens, Type::waiting,      Type::done,   Type::state,
                                          Type::signature, Type::inferred, Type::native};
static_assert(type_by_index.size() == std::variant_size_v<Body>);

// The fewest bytes that a value can take: bounds how many items a payload may claim to hold.
template <class T>
consteval std::size_t fewest_bytes() {
  if constexpr (is_record<T>) {
    return std::apply([]<class... M>(M T::*...) { return (std::size_t{0} + ... + fewest_bytes<M>()); }, layout<T>);
  } else if constexpr (std::is_enum_v<T> || std::is_same_v<T, bool>) {
    return 1;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return sizeof(T);
  } else if constexpr (std::is_same_v<T, std::optional<std::uint64_t>>) {
    return 1;
  } else {
    return sizeof(std::uint32_t);  // strings, lists
  }
}

// What an item becomes in memory is several times what a short one is on the wire: of those there are no more than this.
template <class T>
inline constexpr std::size_t most_items = std::numeric_limits<std::uint32_t>::max();
template <>
inline constexpr std::size_t most_items<Tensor> = most_tensors;
template <>
inline constexpr std::size_t most_items<TensorSpec> = most_tensors;
template <>
inline constexpr std::size_t most_items<std::int64_t> = most_dimensions;  // of a shape

// The body of a whole payload; fails with engine_frame_malformed.
Result<Body> decode_body(Type type, std::string_view payload);

Error malformed_frame(std::string detail);

}  // namespace gatehouse::wire::engine
