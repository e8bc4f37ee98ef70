#include "rules.h"

#include <algorithm>

namespace gatehouse::wire::grammar {
namespace {

constexpr std::size_t most_rules = 8192, most_bytes = 256UL * 1024;
// Whoever reads a grammar writes repetitions out.
constexpr std::size_t most_repetitions = 16'384;

std::size_t index_of(RuleId rule) { return static_cast<std::size_t>(rule); }
const RuleId* rule_of(const Symbol& symbol) { return std::get_if<RuleId>(&symbol.what); }

bool ends(const Symbol& symbol, const std::vector<bool>& known) {
  const RuleId* rule = rule_of(symbol);
  return rule == nullptr || symbol.least == 0 || known[index_of(*rule)];
}
bool ends(const Sequence& sequence, const std::vector<bool>& known) {
  return std::ranges::all_of(sequence, [&known](const Symbol& symbol) { return ends(symbol, known); });
}
// What may be left out is left out where it leads nowhere.
bool is_left_out(const Symbol& symbol, const std::vector<bool>& known) {
  const RuleId* rule = rule_of(symbol);
  return rule != nullptr && !known[index_of(*rule)];
}

std::string name_of(RuleId rule, RuleId root) { return rule == root ? "root" : "r" + std::to_string(index_of(rule)); }

void append_count(std::string& out, const Symbol& symbol) {
  if (symbol.least == 1 && symbol.most == 1) return;
  out += '{';
  out += std::to_string(symbol.least);
  out += ',';
  if (symbol.most != unbounded) out += std::to_string(symbol.most);
  out += '}';
}

void append_sequence(std::string& out, const Sequence& sequence, RuleId root, const std::vector<bool>& known) {
  const std::size_t before = out.size();
  for (const Symbol& symbol : sequence) {
    if (is_left_out(symbol, known) || symbol.most == 0) continue;
    out += ' ';
    const RuleId* rule = rule_of(symbol);
    out += rule != nullptr ? name_of(*rule, root) : std::get<std::string>(symbol.what);
    append_count(out, symbol);
  }
  if (out.size() == before) out += " \"\"";
}

}  // namespace

std::string literal(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (byte < 0x20 || byte == 0x7f) {
      out += {'\\', 'x', digits[byte >> 4U], digits[byte & 0xFU]};
    } else {
      out += c;
    }
  }
  return out += '"';
}

RuleId Rules::add(std::vector<Sequence> alternatives) {
  const auto rule = static_cast<RuleId>(rules_.size());
  rules_.emplace_back();
  for (Sequence& sequence : alternatives) alternative(rule, std::move(sequence));
  return rule;
}

void Rules::alternative(RuleId rule, Sequence sequence) {
  for (const Symbol& symbol : sequence) {
    const auto* terminal = std::get_if<std::string>(&symbol.what);
    bytes_ += terminal != nullptr ? terminal->size() : 8;
    if (symbol.least != 1 || symbol.most != 1) repetitions_ += symbol.most == unbounded ? symbol.least + 1 : symbol.most;
  }
  rules_[index_of(rule)].alternatives.push_back(std::move(sequence));
}

bool Rules::full() const { return rules_.size() > most_rules || bytes_ > most_bytes || repetitions_ > most_repetitions; }

std::vector<bool> Rules::that_end() const {
  std::vector<bool> known(rules_.size(), false);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = rules_.size(); i-- > 0;) {  // what is used comes behind what uses it: backwards is nearly done at once
      if (known[i]) continue;
      known[i] = std::ranges::any_of(rules_[i].alternatives, [&known](const Sequence& one) { return ends(one, known); });
      changed = changed || known[i];
    }
  }
  return known;
}

std::vector<bool> Rules::reached_from(RuleId root, const std::vector<bool>& ends_known) const {
  std::vector<bool> reached(rules_.size(), false);
  std::vector<RuleId> left{root};
  while (!left.empty()) {
    const std::size_t at = index_of(left.back());
    left.pop_back();
    if (reached[at]) continue;
    reached[at] = true;
    for (const Sequence& sequence : rules_[at].alternatives) {
      if (!ends(sequence, ends_known)) continue;
      for (const Symbol& symbol : sequence) {
        if (const RuleId* rule = rule_of(symbol); rule != nullptr && !is_left_out(symbol, ends_known)) left.push_back(*rule);
      }
    }
  }
  return reached;
}

std::vector<bool> Rules::that_may_be_empty() const {
  std::vector<bool> known(rules_.size(), false);
  const auto empty = [&known](const Sequence& sequence) {
    return std::ranges::all_of(sequence, [&known](const Symbol& symbol) {
      const RuleId* rule = rule_of(symbol);
      return rule != nullptr ? symbol.least == 0 || known[index_of(*rule)] : std::get<std::string>(symbol.what) == "\"\"";
    });
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (known[i] || !std::ranges::any_of(rules_[i].alternatives, empty)) continue;
      known[i] = changed = true;
    }
  }
  return known;
}

std::uint32_t Rules::widest() const {
  const std::vector<bool> empty = that_may_be_empty();
  std::vector<std::uint32_t> ways(rules_.size(), 0);
  const auto ways_of = [&](const Sequence& sequence) {
    std::uint32_t sum = 0;
    for (const Symbol& symbol : sequence) {
      const RuleId* rule = rule_of(symbol);
      sum += rule != nullptr ? ways[index_of(*rule)] : 1;
      if (rule == nullptr || (symbol.least > 0 && !empty[index_of(*rule)])) break;
    }
    return std::min(sum, most_ways + 1);
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      std::uint32_t sum = 0;
      for (const Sequence& sequence : rules_[i].alternatives) sum = std::min(sum + ways_of(sequence), most_ways + 1);
      changed = changed || sum != ways[i];
      ways[i] = sum;
    }
  }
  return ways.empty() ? 0 : *std::ranges::max_element(ways);
}

std::optional<std::string> Rules::text(RuleId root) const {
  const std::vector<bool> known = that_end();
  if (!known[index_of(root)]) return std::nullopt;
  const std::vector<bool> reached = reached_from(root, known);
  std::string out;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!reached[i]) continue;
    out += name_of(static_cast<RuleId>(i), root);
    const char* before = " ::=";
    for (const Sequence& sequence : rules_[i].alternatives) {
      if (!ends(sequence, known)) continue;
      out += before;
      append_sequence(out, sequence, root, known);
      before = " |";
    }
    out += '\n';
  }
  return out;
}

}  // namespace gatehouse::wire::grammar
