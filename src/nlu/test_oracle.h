// A model for tests that has read what it answers: for a prompt, the words that it finds wherever they stand in the text.
#pragma once
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "gatehouse/nlu/extraction.h"

namespace gatehouse::nlu {

class Oracle {
 public:
  explicit Oracle(const Model& model) : model_(&model) {}

  // To a prompt such as "人物: 谷爱凌, 国籍: ".
  Oracle& answers(std::string prompt, std::vector<std::string> words) {
    known_[model_->tokenizer.encode(prompt, model_->recipe.longest_prompt).ids] = std::move(words);
    return *this;
  }

  // Logits of the step; they hold until the next call.
  std::vector<Logits> compute(const Extraction& extraction) {
    values_.clear();
    for (const Slot& slot : extraction.slots()) {
      const std::vector<TokenId>& text = extraction.rows()[slot.text].ids;
      values_.push_back({std::vector<float>(text.size(), -5), std::vector<float>(text.size(), -5)});
      const auto known = known_.find(extraction.rows()[slot.prompt].ids);
      if (known == known_.end()) continue;
      for (const std::string& word : known->second) mark(text, word, values_.back());
    }
    std::vector<Logits> logits;
    for (const Row& row : values_) logits.push_back({row.head, row.tail});
    return logits;
  }

  // To its end; what it came to.
  Result<std::vector<wire::NluPath>> run(Extraction& extraction) {
    while (!extraction.done()) {
      ++steps;
      GH_CHECK(extraction.take(compute(extraction)));
    }
    return extraction.answer();
  }

  std::size_t steps = 0;

 private:
  struct Row {
    std::vector<float> head, tail;
  };

  void mark(const std::vector<TokenId>& text, const std::string& word, Row& row) const {
    std::vector<TokenId> wanted = model_->tokenizer.encode(word).ids;
    wanted = {wanted.begin() + 1, wanted.end() - 1};
    for (auto at = text.begin();; ++at) {
      at = std::search(at, text.end(), wanted.begin(), wanted.end());
      if (at == text.end()) return;
      row.head[static_cast<std::size_t>(at - text.begin())] = 10;
      row.tail[static_cast<std::size_t>(at - text.begin()) + wanted.size() - 1] = 10;
    }
  }

  const Model* model_;
  std::map<std::vector<TokenId>, std::vector<std::string>> known_;
  std::vector<Row> values_;
};

}  // namespace gatehouse::nlu
