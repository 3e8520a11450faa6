# SPDX-License-Identifier: BSD-2-Clause
# The card process of chip models (docs/chips.md): $O/host/chips/card, for this machine, with sanitizers.
C := $O/host/chips
CHIPS_COMPILE := $(HOSTCC) -std=gnu11 -D_GNU_SOURCE -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all \
    -Wall -Wextra -Werror -Wno-missing-field-initializers -Wno-unused-parameter -Ici/chips
$(eval $(call stamp,chips,$(CHIPS_COMPILE)))

$C/%.o: ci/chips/%.c $O/stamp/chips
	$(Q)$(call begin,CC  ) && $(CHIPS_COMPILE) -pipe $(DEPENDENCIES) -c -o $@.tmp $< && $(finish)
# Models join by a table that the linker marks, so that all objects are taken as they are.
$C/card: $(patsubst ci/chips/%.c,$C/%.o,$(wildcard ci/chips/*.c ci/chips/model/*.c))
	$(Q)$(call begin,LD  ) && $(CHIPS_COMPILE) -static-libasan -static-libubsan -o $@.tmp $^ && mv -f $@.tmp $@

-include $(wildcard $C/*.d $C/*/*.d)
