;; The arithmetic of a batched decoder, in 128-bit vectors of four float32. kernel_bytes.js holds it assembled:
;; python -m tests.kernel_bytes writes that file. Addresses and strides are in bytes; counts are of numbers.
(module
  (memory (export "memory") 1)

  ;; C = B + A W for A [rows, inputs], and W [inputs, outputs] in panels of 8 outputs, each [inputs, 8].
  ;; rows is a multiple of 4, outputs of 8. aRow and aStep lead to the next row and to the next input, so that exchanging
  ;; them multiplies the transposed A. bRow is 0 where B is one bias for all rows, and cRow where C itself is added to.
  ;; Four rows by eight outputs stay in eight accumulators: two loads of W and four of A serve 32 products.
  (func (export "multiply")
    (param $a i32) (param $aRow i32) (param $aStep i32) (param $w i32) (param $b i32) (param $bRow i32)
    (param $c i32) (param $cRow i32) (param $rows i32) (param $inputs i32) (param $outputs i32)
    (local $row i32) (local $step i32) (local $weights i32) (local $bias i32) (local $to i32) (local $from i32)
    (local $a0 i32) (local $a1 i32) (local $a2 i32) (local $a3 i32)
    (local $low v128) (local $high v128) (local $splat v128)
    (local $low0 v128) (local $low1 v128) (local $low2 v128) (local $low3 v128)
    (local $high0 v128) (local $high1 v128) (local $high2 v128) (local $high3 v128)
    loop $panels
      local.get $a  local.set $from
      local.get $b  local.set $bias
      local.get $c  local.set $to
      local.get $rows  local.set $row
      loop $fours
        local.get $bias  v128.load  local.set $low0
        local.get $bias  v128.load offset=16  local.set $high0
        local.get $bias  local.get $bRow  i32.add  local.set $bias
        local.get $from  local.set $a0
        local.get $from  local.get $aRow  i32.add  local.set $from
        local.get $bias  v128.load  local.set $low1
        local.get $bias  v128.load offset=16  local.set $high1
        local.get $bias  local.get $bRow  i32.add  local.set $bias
        local.get $from  local.set $a1
        local.get $from  local.get $aRow  i32.add  local.set $from
        local.get $bias  v128.load  local.set $low2
        local.get $bias  v128.load offset=16  local.set $high2
        local.get $bias  local.get $bRow  i32.add  local.set $bias
        local.get $from  local.set $a2
        local.get $from  local.get $aRow  i32.add  local.set $from
        local.get $bias  v128.load  local.set $low3
        local.get $bias  v128.load offset=16  local.set $high3
        local.get $bias  local.get $bRow  i32.add  local.set $bias
        local.get $from  local.set $a3
        local.get $from  local.get $aRow  i32.add  local.set $from
        local.get $w  local.set $weights
        local.get $inputs  local.set $step
        loop $products
          local.get $weights  v128.load  local.set $low
          local.get $weights  v128.load offset=16  local.set $high
          local.get $a0  v128.load32_splat  local.set $splat
          local.get $low0  local.get $splat  local.get $low  f32x4.mul  f32x4.add  local.set $low0
          local.get $high0  local.get $splat  local.get $high  f32x4.mul  f32x4.add  local.set $high0
          local.get $a0  local.get $aStep  i32.add  local.set $a0
          local.get $a1  v128.load32_splat  local.set $splat
          local.get $low1  local.get $splat  local.get $low  f32x4.mul  f32x4.add  local.set $low1
          local.get $high1  local.get $splat  local.get $high  f32x4.mul  f32x4.add  local.set $high1
          local.get $a1  local.get $aStep  i32.add  local.set $a1
          local.get $a2  v128.load32_splat  local.set $splat
          local.get $low2  local.get $splat  local.get $low  f32x4.mul  f32x4.add  local.set $low2
          local.get $high2  local.get $splat  local.get $high  f32x4.mul  f32x4.add  local.set $high2
          local.get $a2  local.get $aStep  i32.add  local.set $a2
          local.get $a3  v128.load32_splat  local.set $splat
          local.get $low3  local.get $splat  local.get $low  f32x4.mul  f32x4.add  local.set $low3
          local.get $high3  local.get $splat  local.get $high  f32x4.mul  f32x4.add  local.set $high3
          local.get $a3  local.get $aStep  i32.add  local.set $a3
          local.get $weights  i32.const 32  i32.add  local.set $weights
          local.get $step  i32.const 1  i32.sub  local.tee $step
          br_if $products
        end
        local.get $to  local.get $low0  v128.store
        local.get $to  local.get $high0  v128.store offset=16
        local.get $to  local.get $cRow  i32.add  local.set $to
        local.get $to  local.get $low1  v128.store
        local.get $to  local.get $high1  v128.store offset=16
        local.get $to  local.get $cRow  i32.add  local.set $to
        local.get $to  local.get $low2  v128.store
        local.get $to  local.get $high2  v128.store offset=16
        local.get $to  local.get $cRow  i32.add  local.set $to
        local.get $to  local.get $low3  v128.store
        local.get $to  local.get $high3  v128.store offset=16
        local.get $to  local.get $cRow  i32.add  local.set $to
        local.get $row  i32.const 4  i32.sub  local.tee $row
        br_if $fours
      end
      local.get $weights  local.set $w
      local.get $b  i32.const 32  i32.add  local.set $b
      local.get $c  i32.const 32  i32.add  local.set $c
      local.get $outputs  i32.const 8  i32.sub  local.tee $outputs
      br_if $panels
    end)

  ;; exp(x) within 2e-7 of its value, for x from -87 to 88; beyond, as at the ends. x = n log 2 + r, and a polynomial in r.
  ;; Source of the coefficients: Moshier, 1992, Cephes, single/expf.c, https://www.netlib.org/cephes/
  (func $exp (param $x v128) (result v128) (local $n v128) (local $r v128)
    local.get $x  f32.const 88  f32x4.splat  f32x4.min  f32.const -87  f32x4.splat  f32x4.max  local.tee $x
    f32.const 1.44269504088896341  f32x4.splat  f32x4.mul  f32x4.nearest  local.set $n
    local.get $x  local.get $n  f32.const 0.693359375  f32x4.splat  f32x4.mul  f32x4.sub
    local.get $n  f32.const 2.12194440e-4  f32x4.splat  f32x4.mul  f32x4.add  local.set $r
    f32.const 1.9875691500e-4  f32x4.splat
    local.get $r  f32x4.mul  f32.const 1.3981999507e-3  f32x4.splat  f32x4.add
    local.get $r  f32x4.mul  f32.const 8.3334519073e-3  f32x4.splat  f32x4.add
    local.get $r  f32x4.mul  f32.const 4.1665795894e-2  f32x4.splat  f32x4.add
    local.get $r  f32x4.mul  f32.const 1.6666665459e-1  f32x4.splat  f32x4.add
    local.get $r  f32x4.mul  f32.const 5.0000001201e-1  f32x4.splat  f32x4.add
    local.get $r  f32x4.mul  local.get $r  f32x4.mul  local.get $r  f32x4.add
    f32.const 1  f32x4.splat  f32x4.add
    local.get $n  i32x4.trunc_sat_f32x4_s  i32.const 127  i32x4.splat  i32x4.add  i32.const 23  i32x4.shl
    f32x4.mul)

  ;; 1 / (1 + exp(-x)) in place of each x from one address to another, a multiple of 16 bytes.
  (func (export "sigmoid") (param $at i32) (param $end i32)
    loop $all
      local.get $at
      f32.const 1  f32x4.splat
      local.get $at  v128.load  f32x4.neg  call $exp  f32.const 1  f32x4.splat  f32x4.add
      f32x4.div  v128.store
      local.get $at  i32.const 16  i32.add  local.tee $at
      local.get $end  i32.lt_u  br_if $all
    end)

  ;; x / (1 + exp(-x)) likewise.
  (func (export "silu") (param $at i32) (param $end i32) (local $x v128)
    loop $all
      local.get $at
      local.get $at  v128.load  local.tee $x
      local.get $x  f32x4.neg  call $exp  f32.const 1  f32x4.splat  f32x4.add
      f32x4.div  v128.store
      local.get $at  i32.const 16  i32.add  local.tee $at
      local.get $end  i32.lt_u  br_if $all
    end)

  ;; For each row of x: the sum of max(x, 0), and the product of 1 + exp(-|x|), two float64 at $to. The sum and the log of
  ;; the product make the sum of softplus(x). A row has at most 1,000 numbers, so that the product is finite.
  (func (export "softplus") (param $at i32) (param $row i32) (param $rows i32) (param $to i32)
    (local $end i32) (local $x v128) (local $sum v128) (local $product v128)
    loop $all
      local.get $at  local.get $row  i32.add  local.set $end
      f64.const 0  f64x2.splat  local.set $sum
      f64.const 1  f64x2.splat  local.set $product
      loop $vectors
        local.get $at  v128.load  f32.const 0  f32x4.splat  f32x4.max  local.set $x
        local.get $sum
        local.get $x  f64x2.promote_low_f32x4  f64x2.add
        local.get $x  local.get $x  i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
        f64x2.promote_low_f32x4  f64x2.add  local.set $sum
        local.get $at  v128.load  f32x4.abs  f32x4.neg  call $exp  local.set $x
        local.get $product
        local.get $x  f64x2.promote_low_f32x4  f64.const 1  f64x2.splat  f64x2.add  f64x2.mul
        local.get $x  local.get $x  i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
        f64x2.promote_low_f32x4  f64.const 1  f64x2.splat  f64x2.add  f64x2.mul  local.set $product
        local.get $at  i32.const 16  i32.add  local.tee $at
        local.get $end  i32.lt_u  br_if $vectors
      end
      local.get $to
      local.get $sum  f64x2.extract_lane 0  local.get $sum  f64x2.extract_lane 1  f64.add  f64.store
      local.get $to
      local.get $product  f64x2.extract_lane 0  local.get $product  f64x2.extract_lane 1  f64.mul  f64.store offset=8
      local.get $to  i32.const 16  i32.add  local.set $to
      local.get $rows  i32.const 1  i32.sub  local.tee $rows
      br_if $all
    end)
)
