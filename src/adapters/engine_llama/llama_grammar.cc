#include "llama_grammar.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <utility>

namespace gatehouse::adapters {
namespace {

using engine::Token;

constexpr float never = -std::numeric_limits<float>::infinity();
constexpr std::size_t likeliest = 256;
// CPU time of asking for every token once: whoever shares the model waits for it, as often as the model's own idea is not allowed.
constexpr nanoseconds most_for_all = milliseconds(100);

Error not_followed(const char* why) {
  return caller_error("schema_not_supported", std::string("The schema cannot be kept to: ") + why).with_param("response_format");
}

}  // namespace

Result<std::unique_ptr<LlamaGrammar>> LlamaGrammar::compile(std::shared_ptr<const Vocabulary> vocabulary, const std::string& grammar) {
  if (vocabulary->eos() < 0) return not_followed("the model has no token that ends an answer");
  SamplerHandle sampler;
  try {
    sampler.reset(llama_sampler_init_grammar(vocabulary->handle(), grammar.c_str(), "root"));
  } catch (const std::exception&) {
    sampler.reset();
  }
  if (!sampler) return not_followed("its grammar cannot be made; a schema that begins with itself may be the reason");
  std::unique_ptr<LlamaGrammar> made(new LlamaGrammar(std::move(vocabulary), std::move(sampler)));
  std::optional<nanoseconds> takes = made->time_of_all();
  // On a machine that others keep busy their time counts, too: what is not far beyond is asked for once more.
  if (takes && *takes > most_for_all && *takes < 2 * most_for_all) takes = std::min(*takes, made->time_of_all().value_or(*takes));
  if (!takes) return not_followed("no answer can begin as it asks for");
  if (*takes > most_for_all) return not_followed("it leaves too many ways open at once; fewer alternatives help");
  return made;
}

std::optional<nanoseconds> LlamaGrammar::time_of_all() {
  const SystemClock clock;
  const nanoseconds began = clock.thread_cpu();
  const std::vector<float> all(vocabulary_->size(), 0.0F);
  collect(all, all.size());
  if (!keep_allowed()) return std::nullopt;
  return clock.thread_cpu() - began;
}

bool LlamaGrammar::allows(Token token) {
  candidates_.assign(1, llama_token_data{token, 0.0F, 0.0F});
  return keep_allowed();
}

std::span<const float> LlamaGrammar::allowed(std::span<const float> row) {
  collect(row, std::min(likeliest, row.size()));
  if (!keep_allowed()) {
    collect(row, row.size());
    // Nothing that the model can say goes on with it: then the answer ends.
    if (!keep_allowed()) candidates_.push_back(llama_token_data{vocabulary_->eos(), 0.0F, 0.0F});
  }
  row_.assign(row.size(), never);
  for (const llama_token_data& one : candidates_) row_[static_cast<std::size_t>(one.id)] = one.logit;
  return row_;
}

void LlamaGrammar::accept(Token token) {
  if (vocabulary_->is_end(token)) return;  // nobody asks it any more
  llama_sampler_accept(grammar_.get(), token);
}

std::unique_ptr<engine::Constraint> LlamaGrammar::copy() const {
  return std::unique_ptr<LlamaGrammar>(new LlamaGrammar(vocabulary_, SamplerHandle(llama_sampler_clone(grammar_.get()))));
}

void LlamaGrammar::collect(std::span<const float> row, std::size_t count) {
  candidates_.clear();
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (std::isfinite(row[i])) candidates_.push_back(llama_token_data{static_cast<Token>(i), row[i], 0.0F});
  }
  if (count >= candidates_.size()) return;
  const auto higher = [](const llama_token_data& a, const llama_token_data& b) { return a.logit > b.logit; };
  std::ranges::nth_element(candidates_, candidates_.begin() + static_cast<std::ptrdiff_t>(count), higher);
  candidates_.resize(count);
}

bool LlamaGrammar::keep_allowed() {
  llama_token_data_array list{candidates_.data(), candidates_.size(), -1, false};
  llama_sampler_apply(grammar_.get(), &list);
  candidates_.resize(list.size);
  std::erase_if(candidates_, [](const llama_token_data& one) { return one.logit == never; });
  return !candidates_.empty();
}

}  // namespace gatehouse::adapters
