#include "sequences.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "cache_clear.h"
#include "gatehouse/base/assert.h"

namespace gatehouse::adapters {
namespace {

using engine::Seat;
using engine::SeatToken;
using engine::Token;

// One pass takes at most this many prompt tokens; the loop computes chunks of 512 while nobody decodes.
constexpr std::uint32_t pass_tokens = 512;

Error decode_failed(int code) {
  return Error(Code::internal, Origin::engine, "engine_decode_failed", "The model could not compute the answer")
      .with_detail("llama_decode returned " + std::to_string(code));
}

Error move_failed(std::string step) {
  return Error(Code::internal, Origin::engine, "engine_move_failed", "The model could not go on with the answer")
      .with_detail(std::move(step));
}

llama_context_params parameters(const SequenceShape& shape) {
  llama_context_params p = llama_context_default_params();
  p.n_seq_max = shape.seats;
  p.n_ctx = shape.seats * shape.seat_cells;
  p.n_batch = std::max({shape.prefill_chunk, pass_tokens, shape.seats});
  p.n_ubatch = p.n_batch;
  p.n_outputs_max = shape.seats;  // logits of one token a seat: the buffer is otherwise 196 KB for every token of a batch
  p.n_outputs_max_per_seq = 1;
  p.n_threads = p.n_threads_batch = static_cast<std::int32_t>(shape.threads);
  p.kv_unified = false;  // a sequence reads its own cells only
  p.no_perf = true;
  p.offload_kqv = p.op_offload = false;
  return p;
}

}  // namespace

Result<std::unique_ptr<LlamaSequences>> LlamaSequences::create(ModelHandle model, std::shared_ptr<const Vocabulary> vocabulary,
                                                               const SequenceShape& shape) {
  ContextHandle context;
  CacheClear clearing(std::min(shape.threads, clearing_threads()));
  try {
    context.reset(llama_init_from_model(model.get(), parameters(shape)));
  } catch (const std::exception& why) {
    return operator_error("model_load_failed", std::string("llama.cpp: ") + why.what());
  }
  if (!context)
    return operator_error("model_load_failed", "no memory for " + std::to_string(shape.seats) + " seats of " +
                                                   std::to_string(shape.seat_cells) + " tokens; fewer or smaller seats need less");
  auto made = std::unique_ptr<LlamaSequences>(new LlamaSequences(std::move(model), std::move(vocabulary), shape, std::move(context)));
  made->memory_left_ = clearing.left();
  return made;
}

LlamaSequences::LlamaSequences(ModelHandle model, std::shared_ptr<const Vocabulary> vocabulary, const SequenceShape& shape,
                               ContextHandle context)
    : model_(std::move(model)),
      vocabulary_(std::move(vocabulary)),
      shape_(shape),
      threads_(std::make_unique<ComputeThreads>(static_cast<int>(shape.threads))),
      context_(std::move(context)),
      states_(shape.seats) {
  threads_->attach(context_.get());
  const std::size_t room = llama_n_batch(context_.get());
  tokens_.reserve(room);
  positions_.reserve(room);
  outputs_.reserve(room);
  seat_counts_.assign(room, 1);
  seats_.assign(room, 0);
  seat_lists_.resize(room);
  for (std::size_t i = 0; i < room; ++i) seat_lists_[i] = &seats_[i];
}

LlamaSequences::~LlamaSequences() { llama_detach_threadpool(context_.get()); }

std::string LlamaSequences::description() const {
  std::array<char, 128> text{};
  llama_model_desc(model_.get(), text.data(), text.size());
  return std::string(text.data()) + ", " + std::to_string(shape_.threads) + " threads, " + llama_print_system_info();
}

void LlamaSequences::compute_with(std::uint32_t threads) {
  GH_ASSERT(threads >= 1 && threads <= shape_.threads);
  llama_set_n_threads(context_.get(), static_cast<std::int32_t>(threads), static_cast<std::int32_t>(threads));
}

std::uint64_t LlamaSequences::preemptions() const {
  rusage used{};
  return getrusage(RUSAGE_SELF, &used) == 0 ? static_cast<std::uint64_t>(used.ru_nivcsw) : 0;
}

void LlamaSequences::open(Seat seat, const wire::engine::Sampling& sampling) {
  SeatState& state = states_.at(seat);
  GH_ASSERT(!state.taken);
  state = SeatState{Sampler(sampling, random_.next_u64()), nullptr, -1, true, sampling.logprobs, {}};
}

void LlamaSequences::constrain(Seat seat, std::shared_ptr<engine::Constraint> constraint) {
  GH_ASSERT(states_.at(seat).taken && constraint != nullptr);
  states_[seat].constraint = std::move(constraint);
}

void LlamaSequences::add(Seat seat, std::uint32_t position, Token token, Logits logits) {
  const std::size_t at = tokens_.size();
  GH_ASSERT(at < seat_lists_.size());
  tokens_.push_back(token);
  positions_.push_back(static_cast<llama_pos>(position));
  seats_[at] = static_cast<llama_seq_id>(seat);
  outputs_.push_back(logits == Logits::kept ? 1 : 0);
  if (logits == Logits::kept) states_[seat].output = static_cast<std::int32_t>(at);
}

// Computes and empties the batch. The logits of earlier batches are gone with it.
Status LlamaSequences::compute() {
  const llama_batch batch{static_cast<std::int32_t>(tokens_.size()),
                          tokens_.data(),
                          nullptr,
                          positions_.data(),
                          seat_counts_.data(),
                          seat_lists_.data(),
                          outputs_.data()};
  int code = 0;
  try {
    code = llama_decode(context_.get(), batch);
  } catch (const std::exception&) {
    code = -1;
  }
  tokens_.clear();
  positions_.clear();
  outputs_.clear();
  return code == 0 ? ok() : Status(decode_failed(code));
}

Status LlamaSequences::prefill(std::span<const engine::PromptPart> parts) {
  for (SeatState& state : states_) state.output = -1;
  for (const engine::PromptPart& part : parts) {
    GH_ASSERT(states_.at(part.seat).taken && !part.tokens.empty() && part.position + part.tokens.size() <= shape_.seat_cells);
    std::uint32_t position = part.position;
    for (const Token& token : part.tokens) {
      const bool keep = part.last && &token == &part.tokens.back();
      add(part.seat, position++, token, keep ? Logits::kept : Logits::none);
    }
  }
  return compute();
}

Status LlamaSequences::decode(std::span<const SeatToken> batch) {
  for (SeatState& state : states_) state.output = -1;
  for (const SeatToken& token : batch) {
    GH_ASSERT(states_.at(token.seat).taken && token.position < shape_.seat_cells);
    add(token.seat, token.position, token.token, Logits::kept);
  }
  return compute();
}

Status LlamaSequences::branch(Seat from, std::uint32_t cells, std::span<const Seat> to) {
  GH_ASSERT(states_.at(from).taken && cells > 0);
  GH_CHECK(read_cells(from, moving_));
  for (const Seat seat : to) {
    GH_ASSERT(states_.at(seat).taken && seat != from);
    GH_CHECK(write_first_cells(moving_, cells, seat));
    states_[seat].output = states_[from].output;
  }
  return ok();
}

Token LlamaSequences::sample(Seat seat) {
  SeatState& state = states_.at(seat);
  GH_ASSERT(state.taken && state.output >= 0);
  float* row = llama_get_logits_ith(context_.get(), std::exchange(state.output, -1));
  GH_ASSERT(row != nullptr);
  const Token token = state.sampler.next(std::span(row, vocabulary_->size()), scratch_, state.constraint.get());
  if (!state.scored) return token;
  state.score.sampled = named(token, scratch_.sampled_logprob);
  state.score.likeliest.clear();
  for (const Likelihood& one : scratch_.likeliest) state.score.likeliest.push_back(named(one.token, one.logprob));
  return token;
}

wire::engine::TokenScore LlamaSequences::score(Seat seat) {
  GH_ASSERT(states_.at(seat).scored);
  return std::move(states_[seat].score);
}

wire::engine::ScoredToken LlamaSequences::named(Token token, float logprob) const {
  const std::string_view bytes = vocabulary_->piece(token);
  if (!bytes.empty()) return {std::string(bytes), true, logprob};
  return {vocabulary_->text_of(token), false, logprob};
}

void LlamaSequences::forget_cells(Seat seat) {
  llama_memory_seq_rm(llama_get_memory(context_.get()), static_cast<llama_seq_id>(seat), -1, -1);
}

void LlamaSequences::close(Seat seat) {
  GH_ASSERT(states_.at(seat).taken);
  states_[seat] = SeatState{};
  forget_cells(seat);
}

// libllama's own copy between split sequences moves whole buffers; the state's cost is that of the cells in use.
Status LlamaSequences::move(Seat from, Seat to) {
  GH_ASSERT(states_.at(from).taken && !states_.at(to).taken);
  GH_CHECK(read_cells(from, moving_));
  GH_CHECK(write_cells(moving_, to));
  forget_cells(from);
  states_[to] = std::exchange(states_[from], SeatState{});
  states_[to].output = -1;
  return ok();
}

class LlamaSequences::Saved final : public engine::SavedSequence {
 public:
  Saved(LlamaSequences& model, std::vector<std::uint8_t> cells, SeatState state)
      : model_(model), cells_(std::move(cells)), state_(std::move(state)) {}
  std::size_t bytes() const override { return cells_.size(); }
  Status resume(Seat to) override {
    GH_ASSERT(state_.taken && !model_.states_.at(to).taken);
    GH_CHECK(model_.write_cells(cells_, to));
    model_.states_[to] = std::exchange(state_, SeatState{});
    model_.states_[to].output = -1;
    return ok();
  }

 private:
  LlamaSequences& model_;
  const std::vector<std::uint8_t> cells_;
  SeatState state_;
};

class LlamaSequences::Kept final : public engine::KeptPrefix {
 public:
  Kept(LlamaSequences& model, std::vector<std::uint8_t> cells) : model_(model), cells_(std::move(cells)) {}
  std::size_t bytes() const override { return cells_.size(); }
  Status restore(Seat to, std::uint32_t cells) override {
    GH_ASSERT(model_.states_.at(to).taken);
    return model_.write_first_cells(cells_, cells, to);
  }

 private:
  LlamaSequences& model_;
  const std::vector<std::uint8_t> cells_;
};

Result<std::unique_ptr<engine::KeptPrefix>> LlamaSequences::keep(Seat seat) {
  GH_ASSERT(states_.at(seat).taken);
  std::vector<std::uint8_t> cells;
  GH_CHECK(read_cells(seat, cells));
  return std::unique_ptr<engine::KeptPrefix>(std::make_unique<Kept>(*this, std::move(cells)));
}

Result<std::unique_ptr<engine::SavedSequence>> LlamaSequences::save(Seat seat) {
  GH_ASSERT(states_.at(seat).taken);
  std::vector<std::uint8_t> cells;
  GH_CHECK(read_cells(seat, cells));
  forget_cells(seat);
  return std::unique_ptr<engine::SavedSequence>(
      std::make_unique<Saved>(*this, std::move(cells), std::exchange(states_[seat], SeatState{})));
}

Status LlamaSequences::read_cells(Seat seat, std::vector<std::uint8_t>& cells) {
  const auto source = static_cast<llama_seq_id>(seat);
  try {
    cells.resize(llama_state_seq_get_size(context_.get(), source));
    const std::size_t written = llama_state_seq_get_data(context_.get(), cells.data(), cells.size(), source);
    if (written == 0) return move_failed("the state could not be read");
    cells.resize(written);
  } catch (const std::exception& why) {
    return move_failed(why.what());
  }
  return ok();
}

Status LlamaSequences::write_first_cells(const std::vector<std::uint8_t>& cells, std::uint32_t count, Seat seat) {
  GH_CHECK(write_cells(cells, seat));
  if (llama_memory_seq_rm(llama_get_memory(context_.get()), static_cast<llama_seq_id>(seat), static_cast<llama_pos>(count), -1))
    return ok();
  forget_cells(seat);
  return move_failed("a state cannot be cut");
}

Status LlamaSequences::write_cells(const std::vector<std::uint8_t>& cells, Seat seat) {
  std::string problem = "the state could not be written";
  try {
    if (llama_state_seq_set_data(context_.get(), cells.data(), cells.size(), static_cast<llama_seq_id>(seat)) != 0) return ok();
  } catch (const std::exception& why) {
    problem = why.what();
  }
  forget_cells(seat);
  return move_failed(problem);
}

}  // namespace gatehouse::adapters
