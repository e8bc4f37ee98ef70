// A small vocabulary for tests: every character that they use, alone and as a continuation, and a few longer pieces.
#pragma once
#include <string>
#include <string_view>

#include "code_point.h"
#include "gatehouse/nlu/recipe.h"

namespace gatehouse::nlu {

inline Vocabulary test_vocabulary() {
  std::string lines = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  constexpr std::string_view characters =
      "的一是在人物地时间公司产品情感分类正负向中性谷爱凌北京夺得金牌今天气真好名称属词价格屏幕很不错也问题日本东大学"
      "abcdefghijklmnopqrstuvwxyz0123456789,.:;|!?&()[]{}#-，。：；｜！？（）“”";
  for (std::string_view rest = characters; !rest.empty();) {
    const std::string character(rest.substr(0, first_code_point(rest).bytes));
    lines.append(character).append("\n##").append(character).append("\n");
    rest.remove_prefix(character.size());
  }
  return Vocabulary::read(lines + "phone\n##ple\n2018\n##18\n", "vocab.txt").value();
}

inline Model test_model(Recipe recipe = {}) {
  return {.tokenizer = Tokenizer(test_vocabulary(), Tokenizer::Letters::lower), .recipe = std::move(recipe)};
}

}  // namespace gatehouse::nlu
