#include "gatehouse/engine/scripted_model.h"

#include <algorithm>
#include <exception>
#include <string_view>

#include "gatehouse/base/assert.h"

namespace gatehouse::engine {
namespace {

constexpr Token end_token = 256;

class ScriptedCompiler final : public PromptCompiler {
 public:
  ScriptedCompiler(std::uint32_t seat_cells, wire::engine::CallForm calls) : seat_cells_(seat_cells), calls_(calls) {}
  Result<std::vector<Token>> compile(const wire::engine::Prepare& prepare) override {
    const std::string& text = prepare.chat && !prepare.messages.empty() ? prepare.messages.back().content : prepare.prompt;
    if (text == "template:broken") return caller_error("template_failed", "the chat template cannot render these messages");
    if (!prepare.tools_field.empty() && calls_ == wire::engine::CallForm::none)
      return caller_error("tools_not_supported", "a script knows of no tools").with_param(prepare.tools_field);
    if (text.size() >= seat_cells_) return caller_error("context_length_exceeded", "the prompt is too long");
    for (const wire::engine::TokenBias& one : prepare.sampling.logit_bias) {
      if (one.token > end_token) return caller_error("invalid_logit_bias", "there is no such token").with_param("logit_bias");
    }
    std::vector<Token> tokens;
    for (const char c : text) tokens.push_back(static_cast<unsigned char>(c));
    if (tokens.empty()) tokens.push_back('?');
    return tokens;
  }
  Result<std::unique_ptr<Constraint>> constrain(const wire::engine::Prepare& prepare) override {
    if (prepare.schema.empty()) return std::unique_ptr<Constraint>();
    return caller_error("schema_not_supported", "a script keeps to no schema").with_param("response_format");
  }
  wire::engine::CallForm calls(const wire::engine::Prepare& prepare) const override {
    return prepare.tool_use == wire::engine::ToolUse::none ? wire::engine::CallForm::none : calls_;
  }

 private:
  const std::uint32_t seat_cells_;
  const wire::engine::CallForm calls_;
};

class ScriptedSequences final : public SequenceModel {
 public:
  ScriptedSequences(ScriptedOptions options, ScriptedTrace* trace)
      : options_(std::move(options)), trace_(trace != nullptr ? *trace : own_), seats_(options_.seats) {}

  std::uint32_t seats() const override { return options_.seats; }
  std::uint32_t seat_cells() const override { return options_.seat_cells; }
  std::string description() const override { return "scripted"; }
  std::uint32_t threads() const override { return options_.threads; }
  void compute_with(std::uint32_t threads) override {
    GH_ASSERT(threads >= 1 && threads <= options_.threads);
    trace_.threads = threads;
  }
  std::uint64_t preemptions() const override { return 0; }

  void open(Seat seat, const wire::engine::Sampling& sampling) override {
    GH_ASSERT(seat < seats_.size() && !seats_[seat].taken);
    seats_[seat] = Row{};
    seats_[seat].tells = sampling.logprobs;
    seats_[seat].others = sampling.top_logprobs;
    seats_[seat].seed = sampling.seed.value_or(0);
    seats_[seat].taken = true;
    ++trace_.open_seats;
  }
  void constrain(Seat, std::shared_ptr<Constraint>) override { GH_ASSERT(false); }
  Status prefill(std::span<const PromptPart> parts) override {
    GH_CHECK(pass());
    ++trace_.prefill_passes;
    for (const PromptPart& part : parts) {
      Row& row = seats_.at(part.seat);
      GH_ASSERT(row.taken && part.position == row.cells && !part.tokens.empty());
      for (const Token t : part.tokens) row.all += static_cast<char>(t);
      row.prompt = row.all;
      row.cells += static_cast<std::uint32_t>(part.tokens.size());
      row.logits = part.last;
      trace_.prompt_tokens += part.tokens.size();
    }
    return ok();
  }
  Status decode(std::span<const SeatToken> batch) override {
    GH_CHECK(pass());
    ++trace_.decode_passes;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Row& row = seats_.at(batch[i].seat);
      GH_ASSERT(row.taken && batch[i].position == row.cells && batch[i].token == row.last);
      ++row.cells;
      row.all += static_cast<char>(row.last);
      GH_ASSERT(row.cells <= options_.seat_cells);
      row.logits = true;
      if (i > 0 && batch[i].seat != batch[i - 1].seat + 1) ++trace_.sparse_batches;
    }
    return ok();
  }
  Status branch(Seat from, std::uint32_t cells, std::span<const Seat> to) override {
    const Row& source = seats_.at(from);
    GH_ASSERT(source.taken && cells > 0 && cells <= source.cells);
    for (const Seat seat : to) {
      Row& row = seats_.at(seat);
      GH_ASSERT(row.taken && row.cells == 0);
      row.prompt = row.all = source.all.substr(0, cells);
      row.cells = cells;
      row.logits = source.logits && cells == source.cells;
      ++trace_.forks;
    }
    return ok();
  }
  Token sample(Seat seat) override {
    Row& row = seats_.at(seat);
    GH_ASSERT(row.taken && row.logits);
    row.logits = false;
    return row.last = next(row);
  }
  wire::engine::TokenScore score(Seat seat) override {
    const Row& row = seats_.at(seat);
    GH_ASSERT(row.taken && row.tells);
    wire::engine::TokenScore told{scored(row.last, -0.5F), {}};
    for (std::uint32_t i = 0; i < row.others; ++i)
      told.likeliest.push_back(scored(row.last + static_cast<Token>(i), -0.5F * static_cast<float>(i + 1)));
    return told;
  }
  bool is_end(Token token) const override { return token == end_token; }
  std::string_view piece(Token token) override {
    piece_.assign(1, static_cast<char>(token));
    return piece_;
  }
  void close(Seat seat) override {
    GH_ASSERT(seats_.at(seat).taken);
    seats_[seat] = Row{};
    --trace_.open_seats;
  }
  Status move(Seat from, Seat to) override {
    GH_ASSERT(seats_.at(from).taken && !seats_.at(to).taken);
    seats_[to] = std::exchange(seats_[from], Row{});
    ++trace_.moves;
    return ok();
  }
  Result<std::unique_ptr<KeptPrefix>> keep(Seat seat) override {
    GH_ASSERT(seats_.at(seat).taken);
    return std::unique_ptr<KeptPrefix>(std::make_unique<Kept>(*this, seats_[seat].all));
  }
  Result<std::unique_ptr<SavedSequence>> save(Seat seat) override {
    GH_ASSERT(seats_.at(seat).taken);
    ++trace_.saves;
    --trace_.open_seats;
    return std::unique_ptr<SavedSequence>(std::make_unique<Saved>(*this, std::exchange(seats_[seat], Row{})));
  }

 private:
  struct Row {
    bool taken = false, logits = false, tells = false;
    std::uint32_t others = 0;
    std::uint64_t seed = 0;
    std::uint32_t cells = 0;
    std::string prompt, all;  // all: what was said, too
    std::size_t said = 0;
    Token last = -1;
  };
  class Kept final : public KeptPrefix {
   public:
    Kept(ScriptedSequences& model, std::string all) : model_(model), all_(std::move(all)) {}
    std::size_t bytes() const override { return all_.size(); }
    Status restore(Seat to, std::uint32_t cells) override {
      Row& row = model_.seats_.at(to);
      GH_ASSERT(row.taken && row.cells == 0 && cells > 0 && cells <= all_.size());
      row.prompt = row.all = all_.substr(0, cells);
      row.cells = cells;
      ++model_.trace_.restores;
      return ok();
    }

   private:
    ScriptedSequences& model_;
    const std::string all_;
  };
  class Saved final : public SavedSequence {
   public:
    Saved(ScriptedSequences& model, Row row) : model_(model), row_(std::move(row)) {}
    std::size_t bytes() const override { return row_.cells; }
    Status resume(Seat to) override {
      GH_ASSERT(row_.taken && !model_.seats_.at(to).taken);
      model_.seats_[to] = std::exchange(row_, Row{});
      ++model_.trace_.open_seats;
      return ok();
    }

   private:
    ScriptedSequences& model_;
    Row row_;
  };
  Status pass() {
    try {
      if (options_.before_pass) options_.before_pass();
    } catch (const std::exception& e) {
      return Error(Code::internal, Origin::engine, "engine_decode_failed", "The model failed").with_detail(e.what());
    }
    return ok();
  }
  static wire::engine::ScoredToken scored(Token token, float logprob) { return {std::string(1, static_cast<char>(token)), true, logprob}; }
  static Token next(Row& row) {
    if (row.prompt == "seed:") {
      const std::string digits = std::to_string(row.seed);
      return row.said < digits.size() ? static_cast<unsigned char>(digits[row.said++]) : end_token;
    }
    const std::string_view prompt = row.prompt;
    const bool loops = prompt.starts_with("loop:");
    const std::string_view text = loops ? prompt.substr(5) : prompt.starts_with("say:") ? prompt.substr(4) : std::string_view("?");
    if (text.empty() || (!loops && row.said >= text.size())) return end_token;
    return static_cast<unsigned char>(text[row.said++ % text.size()]);
  }

  const ScriptedOptions options_;
  ScriptedTrace own_;
  ScriptedTrace& trace_;
  std::vector<Row> seats_;
  std::string piece_;
};

}  // namespace

LoadedModel scripted_model(ScriptedOptions options, ScriptedTrace* trace) {
  auto compiler = std::make_unique<ScriptedCompiler>(options.seat_cells, options.calls);
  return LoadedModel{std::move(compiler), std::make_unique<ScriptedSequences>(std::move(options), trace)};
}

}  // namespace gatehouse::engine
