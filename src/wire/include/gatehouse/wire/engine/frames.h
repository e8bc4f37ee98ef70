// wire/engine/frames.h — the protocol between the front (F) and an engine child (E), as values and bytes.
// Wire     little-endian `u32 length | u8 type | u8 version | u16 flags | u64 job` and `length` bytes of payload, at most 1 MiB;
//          a prepare, infer, inferred or native that is longer comes in parts (flag more) with the same job. Strings are u32 length +
//          bytes.
// Units    tokens; cells of the KV cache; microseconds in timings
// Threads  pure functions on values
// Errors   engine_frame_malformed, engine_frame_too_large, origin engine: the peer is broken and must be ended
// Source   docs/ARCHITECTURE.md, "The joint"
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::wire::engine {

inline constexpr std::uint8_t protocol_version = 1;
inline constexpr std::size_t header_bytes = 16;
inline constexpr std::size_t max_payload = 1024 * 1024;
inline constexpr std::size_t max_assembled = 64 * 1024 * 1024;  // all parts of one frame
inline constexpr std::size_t most_tensors = 1024;               // of a call, an answer, a signature

enum class Type : std::uint8_t {
  // F → E
  hello = 1,
  prepare = 2,
  start = 3,
  grant = 4,
  finish = 5,
  cancel = 6,
  load = 7,
  unload = 8,
  stats = 9,
  load_tensors = 10,
  infer = 11,
  // E → F
  hello_back = 65,
  prepared = 66,
  refused = 67,
  tokens = 68,
  waiting = 69,
  done = 70,
  state = 71,
  signature = 72,
  inferred = 73,
  native = 74,
};

enum class FinishReason : std::uint8_t { stop = 0, length = 1, cancelled = 2, error = 3 };

// ---- F → E ----
struct Hello {
  std::uint32_t link = 0;  // which reactor this socket belongs to
  friend bool operator==(const Hello&, const Hello&) = default;
};
// A function that the model may ask for.
struct Tool {
  std::string name, description;
  std::string parameters;  // a JSON Schema of an object; empty: there are none
  bool strict = false;     // refused rather than called with what the schema does not allow
  friend bool operator==(const Tool&, const Tool&) = default;
};
struct ToolCall {
  std::string id, name;
  std::string arguments;  // a JSON object
  friend bool operator==(const ToolCall&, const ToolCall&) = default;
};
struct Message {
  std::string role, content;
  std::vector<ToolCall> calls = {};  // of role assistant: what it asked for
  std::string call_id = {};          // of role tool: which call this is the result of …
  std::string name = {};             // … and of which tool
  friend bool operator==(const Message&, const Message&) = default;
};
enum class ToolUse : std::uint8_t { none = 0, may = 1, must = 2 };
// How a model writes its calls, as its chat template shows.
enum class CallForm : std::uint8_t {
  none = 0,    // it has no form, or none that is known
  tagged = 1,  // <tool_call>{"name":…,"arguments":{…}}</tool_call>, several behind each other: Hermes, Qwen
  bare = 2,    // {"name":…,"parameters":{…}} and nothing else: Llama 3
  listed = 3,  // [TOOL_CALLS][{"name":…,"arguments":{…}},…]: Mistral
  named = 4,   // [TOOL_CALLS]f[ARGS]{…}, several behind each other: Mistral since 2025
};
struct TokenBias {
  std::uint32_t token = 0;
  float bias = 0;  // is added to the token's logit
  friend bool operator==(const TokenBias&, const TokenBias&) = default;
};
struct Sampling {
  float temperature = 1.0F;  // 0 = greedy
  float top_p = 1.0F;
  float min_p = 0.0F;
  std::uint32_t top_k = 0;  // 0 = all
  std::optional<std::uint64_t> seed;
  float frequency_penalty = 0.0F;     // off a token's logit for each time that the answer has it already
  float presence_penalty = 0.0F;      // once, where the answer has it at all
  std::vector<TokenBias> logit_bias;  // each token once
  bool logprobs = false;              // whether scores come with the tokens
  std::uint32_t top_logprobs = 0;     // and of how many others in each place
  friend bool operator==(const Sampling&, const Sampling&) = default;
};
// Render, tokenise, keep: nothing is computed. Exactly one of messages and prompt is used, as chat says.
struct Prepare {
  bool chat = true;
  std::vector<Message> messages;
  std::string prompt;
  Sampling sampling;
  std::vector<std::string> stops;
  std::string schema;         // a JSON Schema that the answer keeps to; empty: any text
  std::uint64_t tenant = 0;   // a number that means nothing to the engine: those of one tenant share what is the tenant's
  std::uint32_t weight = 1;   // of the tenant's share beside others
  std::uint32_t choices = 1;  // answers to the one prompt
  bool continues = false;     // of a chat: its last message is the beginning of the answer
  std::string tools_field;    // brings tools into a chat; empty: none does
  std::vector<Tool> tools;
  ToolUse tool_use = ToolUse::none;  // whether the answer may ask for some of them, or must
  std::string tool;                  // the only one that may be asked for; empty: any
  bool parallel_calls = true;        // several in one answer
  friend bool operator==(const Prepare&, const Prepare&) = default;
};
struct Start {
  std::uint32_t grant = 0;                                               // to all choices together; a token each at least
  std::uint32_t per_choice = std::numeric_limits<std::uint32_t>::max();  // what one of them may say; then it ends with length
  friend bool operator==(const Start&, const Start&) = default;
};
// A grant of 0 renews the patience of a job that waits.
struct Grant {
  std::uint32_t tokens = 0;
  friend bool operator==(const Grant&, const Grant&) = default;
};
// No grant will follow: when what is granted is used up, end with this reason (at once, where it is used up already).
struct Finish {
  FinishReason reason = FinishReason::length;
  friend bool operator==(const Finish&, const Finish&) = default;
};
struct Cancel {
  friend bool operator==(const Cancel&, const Cancel&) = default;
};
// The model file's descriptor comes with it (SCM_RIGHTS).
struct Load {
  std::string model;
  std::uint32_t seats = 16;
  std::uint32_t seat_cells = 4096;
  std::uint32_t threads = 1;
  std::uint32_t prefill_chunk = 128;
  std::uint32_t queue = 256;       // jobs prepared or waiting for a seat
  std::uint64_t prefix_bytes = 0;  // for computed prefixes of prompts; 0: none are kept or shared
  bool rehearse = true;            // learns what its steps take before it is ready; else from the first requests
  friend bool operator==(const Load&, const Load&) = default;
};
struct Unload {
  friend bool operator==(const Unload&, const Unload&) = default;
};
struct Stats {
  friend bool operator==(const Stats&, const Stats&) = default;
};

// A tensor model; its file's descriptor comes with it, too. What the manifest says of inputs and outputs must be so; empty: it says
// nothing.
struct LoadTensors {
  std::string model;
  std::uint32_t threads = 1;  // of one call
  std::uint32_t queue = 256;  // calls that wait
  std::vector<TensorSpec> inputs, outputs;
  std::uint64_t patience_us = 0;  // with a call that computes; it is refused then (call_too_long). 0: without end
  std::uint64_t batch_us = 0;     // that a call may wait for others to be computed with it; 0: each is computed alone
  std::uint32_t graphs = 1;       // more than one: the file is a bundle of them (bundle.h), which are one model together
  std::uint32_t row_tokens = 0;   // at most so many in a row: it takes rows of tokens (wire/text/rows.h); 0: it takes tensors
  friend bool operator==(const LoadTensors&, const LoadTensors&) = default;
};
// One call: answered by exactly one inferred or refused, also where it is cancelled.
struct Infer {
  std::vector<Tensor> inputs;
  std::vector<std::string> outputs;  // those that are wanted; empty: all
  std::uint64_t tenant = 0;          // as of a prepare: tenants take turns
  std::uint64_t room = 0;            // bytes that all outputs may take (output_too_large); 0: as many as one answer holds
  friend bool operator==(const Infer&, const Infer&) = default;
};

// ---- E → F ----
struct HelloBack {
  std::string engine;  // such as "llama.cpp 0.5.0"
  friend bool operator==(const HelloBack&, const HelloBack&) = default;
};
struct Prepared {
  std::uint32_t prompt_tokens = 0;
  std::uint32_t seat_cells = 0;
  CallForm calls = CallForm::none;  // how the answer's text holds calls of tools, where it may hold any
  friend bool operator==(const Prepared&, const Prepared&) = default;
};
struct Refused {
  // stable: context_length_exceeded, template_failed, engine_queue_full, model_not_ready, invalid_prompt, invalid_logit_bias,
  // too_many_choices, tools_not_supported; of tensors: invalid_tensor, output_too_large, infer_failed, cancelled, call_too_long
  std::string code;
  std::string param;  // the field at fault, or empty
  std::string text;   // may be shown to the caller
  friend bool operator==(const Refused&, const Refused&) = default;
};
struct ScoredToken {
  std::string text;       // its bytes, which may be parts of characters
  bool has_bytes = true;  // false: a control token; the text only names it
  float logprob = 0;
  friend bool operator==(const ScoredToken&, const ScoredToken&) = default;
};
struct TokenScore {
  ScoredToken sampled;
  std::vector<ScoredToken> likeliest;  // in order; the sampled one is among them where it belongs there
  friend bool operator==(const TokenScore&, const TokenScore&) = default;
};
// What one step brought one choice of a job.
struct TokenEvent {
  std::uint64_t job = 0;
  std::uint32_t count = 0;  // tokens sampled, the end token not counted
  bool ask_ahead = false;   // 8 or fewer a choice are left of the grant
  bool waiting = false;     // the grant is used up: the job's sequences are parked
  std::string text;         // whole UTF-8 characters, stop strings withheld; may be empty
  // Where they were asked for: of the tokens whose last byte is in this text. Of a token that is withheld, in part or whole, none comes.
  std::vector<TokenScore> scores = {};
  std::uint32_t choice = 0;
  bool ended = false;  // this choice has ended, for this reason, and others of its job go on. The last one's end is told by done
  FinishReason reason = FinishReason::stop;
  std::uint32_t cached = 0;  // of the job's prompt: tokens that needed no computing, which nobody knows before it has a seat
  friend bool operator==(const TokenEvent&, const TokenEvent&) = default;
};
// One a step and link; the header's job is 0.
struct TokenBatch {
  std::vector<TokenEvent> events;
  friend bool operator==(const TokenBatch&, const TokenBatch&) = default;
};
struct Waiting {
  friend bool operator==(const Waiting&, const Waiting&) = default;
};
// Exactly one for each prepare that was not refused, cancelled ones included. The prompt counts once, what is said over all choices.
struct Done {
  FinishReason reason = FinishReason::stop;  // of every choice that has not ended before
  std::uint32_t prompt_tokens = 0;
  std::uint32_t cached_tokens = 0;
  std::uint32_t completion_tokens = 0;
  std::uint64_t queued_us = 0;
  std::uint64_t prefill_us = 0;
  std::uint64_t decode_us = 0;
  std::string error;  // stable key when reason is error
  std::string stop;   // the stop string that the choice which ended last has met; empty: none
  friend bool operator==(const Done&, const Done&) = default;
};
enum class ModelState : std::uint8_t { empty = 0, loading = 1, ready = 2, failed = 3 };
struct State {
  ModelState state = ModelState::empty;
  std::string detail;  // why it failed, or which CPU kernels are used
  std::uint32_t seats = 0;
  std::uint32_t seat_cells = 0;
  std::uint32_t sequences = 0;  // seats taken
  std::uint64_t kv_cells = 0;   // cells written
  std::uint32_t queued = 0;     // waiting for a seat
  std::uint32_t jobs = 0;       // prepared, waiting or running
  std::uint64_t steps = 0;
  std::uint64_t compute_us = 0;  // CPU time of the decode loop inside the model: passes and sampling
  std::uint64_t rss_bytes = 0;   // filled in by the front: a child cannot look
  std::uint32_t open_fds = 0;
  std::uint32_t saved = 0;                               // sequences that have given their seat back and will go on
  std::uint64_t saved_bytes = 0;                         // what their states take
  std::uint64_t given_back = 0;                          // seats, since the start
  std::uint64_t step_us = 0;                             // how long the step under way has taken; 0: there is none
  std::uint64_t usual_step_us = 0;                       // how long such a one takes by what is known; 0: nothing is
  std::uint64_t prompt_computed = 0, prompt_cached = 0;  // tokens of prompts, since the start: computed, and copied instead
  std::uint32_t prefixes = 0;                            // that are kept
  std::uint64_t prefix_bytes = 0;
  std::uint64_t memory_left = 0;  // bytes that its seats will take and have not yet; of a child, as it was when it was ready
  friend bool operator==(const State&, const State&) = default;
};

// What a tensor model takes and gives; on the control socket, before the state that says that it is ready.
struct Signature {
  std::vector<TensorSpec> inputs, outputs;
  friend bool operator==(const Signature&, const Signature&) = default;
};
// Calls that are computed as one take the same time, and the first of them counts for all: passes is 0 of the others.
struct Inferred {
  std::vector<Tensor> outputs;
  std::uint64_t queued_us = 0;
  std::uint64_t input_us = 0, compute_us = 0, output_us = 0;  // putting calls together, the model, taking its answer apart
  std::uint64_t pass_rows = 0;                                // that were computed together; 0: this call's own
  std::uint32_t passes = 1;
  friend bool operator==(const Inferred&, const Inferred&) = default;
};

// A tensor model that can be computed without the engine, too: behind the signature, before the state that says that it is ready.
struct Native {
  std::string plan;  // trees/codec.h
  friend bool operator==(const Native&, const Native&) = default;
};

using Body = std::variant<Hello, Prepare, Start, Grant, Finish, Cancel, Load, Unload, Stats, LoadTensors, Infer, HelloBack, Prepared,
                          Refused, TokenBatch, Waiting, Done, State, Signature, Inferred, Native>;
inline bool brings_model(const Body& body) { return std::holds_alternative<Load>(body) || std::holds_alternative<LoadTensors>(body); }
struct Frame {
  std::uint64_t job = 0;
  Body body;
};

// Appends the frame to out; a prepare, infer, inferred or native that is too long for one in parts, a token batch that is too long as
// several batches. An event with too many scores for one frame becomes several, of which all but the first have nothing but scores, and the
// last the end. Before: these take at most max_assembled bytes, any other body (or token event with a single score) at most max_payload.
void encode(std::uint64_t job, const Body& body, std::string& out);

// Which side the bytes come from: a type of the other side is malformed.
enum class Sender { front, engine };

// Takes bytes as they come, gives frames as they are whole; puts long ones together (parts of different jobs may interleave, at most 64
// at once).
class FrameReader {
 public:
  explicit FrameReader(Sender sender) : sender_(sender) {}
  // Where the next bytes may be written, and how many were.
  std::string& buffer() { return buffer_; }
  void append(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole frame, nothing when more bytes are needed. After an error only errors.
  Result<std::optional<Frame>> next();

 private:
  Result<std::optional<Frame>> take_part(std::uint8_t type, std::uint64_t job, bool more, std::string_view payload);
  Sender sender_;
  std::string buffer_;
  std::size_t at_ = 0;  // consumed so far
  struct Part {
    std::uint8_t type;
    std::uint64_t job;
    std::string bytes;
  };
  std::vector<Part> parts_;
  std::size_t part_bytes_ = 0;
  bool broken_ = false;  // a refused frame is followed by nothing
};

}  // namespace gatehouse::wire::engine
