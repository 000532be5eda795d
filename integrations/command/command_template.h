// SPDX-License-Identifier: Apache-2.0
// A shell command with places for a configuration's values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/space/config.h"
#include "tune/space/space.h"

namespace manta {

/// "./sim --nu {nu} --grid {model/grid}": a name in braces stands for that parameter's value; "{{" and "}}" are braces.
/// {config_file} is the path of a file with the whole configuration, unless a parameter has that name.
///
/// Thread-safety: as a value.
class CommandTemplate {
 public:
  static constexpr std::string_view kConfigFile = "config_file";

  /// Errors: kInvalidArgument: empty, or a brace without its partner; the message has the position and what to write.
  static Result<CommandTemplate> parse(std::string_view text);

  /// Parameter names used, each once, in the order of the text.
  std::vector<std::string> names() const;
  /// Errors: kInvalidArgument: a name that `space` does not have, nor is it kConfigFile; the message lists those it has.
  Result<void> check(const Space& space) const;
  /// Parameters of `space`, constants left out, that no placeholder uses, none if {config_file} is there; a program may
  /// read them from its environment.
  std::vector<std::string> unused(const Space& space) const;

  /// The command for /bin/sh. Each value is one word, quoted when the shell would read more into it: so a placeholder
  /// must not stand within quotes. An inactive parameter, which `config` does not have, is an empty word.
  /// `config_file`: what {config_file} stands for.
  std::string expand(const Config& config, std::string_view config_file = {}) const;

 private:
  struct Piece {
    bool is_name = false;
    std::string text;
  };

  std::vector<Piece> pieces_;
};

/// `value` as it stands in a command or an environment variable: 0.1, 3, true, relu.
std::string to_plain_text(const Value& value);

/// `text` as one word of /bin/sh.
std::string shell_quoted(std::string_view text);

}  // namespace manta
